"""What a seed draws is shared with no other seed and no other purpose, and hangs on nothing but the seed."""

from itertools import product
from typing import Any

import pytest
import torch
from datasets import Dataset
from torch import distributed
from transformers import BertConfig, BertForSequenceClassification

from core.base import paths
from core.encoders.random_streams import stream
from tasks import params
from tasks.finetuning.processes import together
from tasks.finetuning.trainers import WEIGHTLESS, Order, SharingTrainer, sharing
from tasks.finetuning.training import arguments

ROWS = Dataset.from_dict({"input_ids": [[row] * (1 + row * 7 % 11) for row in range(19)], "labels": [0] * 19})
Epoch = list[list[int]]  # of each batch, its rows


def epochs(packed: bool, seed: int, count: int) -> list[Epoch]:
    """Return the batches of so many epochs, as all processes share them, drawing from torch's generator meanwhile."""
    section = params.load().finetuning
    sizes = {"hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 4}
    network = BertForSequenceClassification(BertConfig(vocab_size=20, **sizes))
    settings = arguments(section, seed, paths.PARAMS.parent / "trainer", packed, section.batch_size)
    collate = sharing(list, settings.process_index, settings.world_size)
    loader = SharingTrainer(network, settings, collate, ROWS, ROWS).get_train_dataloader()
    found = []
    for _ in range(count):
        found.append([[row["input_ids"][0] for row in rows if row["labels"] != WEIGHTLESS] for rows in loader])
        torch.rand(1 + settings.process_index)
    return gathered(found) if distributed.is_initialized() else found


def gathered(found: list[Epoch]) -> list[Epoch]:
    shares: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(shares, found)
    return [[sum(parts, []) for parts in zip(*epoch, strict=True)] for epoch in zip(*shares, strict=True)]


@pytest.mark.parametrize("packed", [True, False])
def test_no_two_epochs_of_neighbouring_seeds_have_one_order(tiny_params, packed):
    tiny_params()
    orders = [sum(epoch, []) for seed in (11, 12, 13) for epoch in epochs(packed, seed, 5)]
    assert [sorted(order) for order in orders] == [list(range(19))] * 15
    assert len({tuple(order) for order in orders}) == 15


def packed_and_padded() -> list[list[Epoch]]:
    return [epochs(packed, 11, 2) for packed in (True, False)]


def test_two_processes_share_the_batches_that_one_has(tiny_params):
    tiny_params({"finetuning.processes": 2})
    assert together(2, packed_and_padded) == packed_and_padded()


def test_rows_of_a_padded_batch_are_of_like_length():
    lengths = [1 + row * 37 % 101 for row in range(320)]

    def spread(grouped_by: int | None) -> int:
        order = [lengths[row] for row in Order(lengths, 11, grouped_by)]
        batches = [order[start : start + 4] for start in range(0, 320, 4)]
        return sum(max(batch) - min(batch) for batch in batches)

    assert spread(4) < spread(None) / 10


def test_seeds_purposes_and_epochs_each_have_a_stream():
    drawn = {stream(*each) for each in product((0, 1, 11, 12, 2**32 - 1), ("order", "dropout", "head"), range(9))}
    assert len(drawn) == 5 * 3 * 9
    assert stream(11, "order", 1) == stream(11, "order", 1) < 2**64

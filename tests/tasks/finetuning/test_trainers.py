"""Processes share a batch so that together they do what one would."""

from typing import Any

import pytest
import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
from transformers import BertConfig, BertForSequenceClassification

from core.encoders.packed import packing
from tasks.finetuning.processes import together
from tasks.finetuning.trainers import WEIGHTLESS, mean_loss, share, sharing

ROWS = [{"input_ids": [2] * length + [3], "labels": length % 2} for length in (3, 8, 1, 5, 2)]
Gradients = dict[str, torch.Tensor]


def gradients(network: Any, collate: Any) -> Gradients:
    """Return the gradient of each weight, of the mean loss over all rows; `collate` may give some of them."""
    batch = collate(ROWS)
    labels = batch.pop("labels")
    loss = mean_loss(packing.in_bfloat16(network, **batch), labels, torch.tensor(len(ROWS)))
    (loss * (distributed.get_world_size() if distributed.is_initialized() else 1)).backward()
    return {name.removeprefix("module."): weight.grad.clone() for name, weight in network.named_parameters()}


def classifier() -> Any:
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    return packing.pack(BertForSequenceClassification(BertConfig(vocab_size=9, **sizes)).eval())


def gradients_of_all() -> list[Gradients]:
    distributed.init_process_group("gloo")
    network = classifier()
    collate = sharing(packing.collator(network), distributed.get_rank(), distributed.get_world_size())
    found: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(found, gradients(DistributedDataParallel(network), collate))
    return found


def test_in_bfloat16_too_processes_have_the_same_gradients_and_those_of_one_with_all_the_rows():
    network = classifier()
    expected = gradients(network, packing.collator(network))
    first, second = together(2, gradients_of_all)
    assert first.keys() == second.keys() == expected.keys()
    assert all(torch.equal(first[name], second[name]) for name in expected)
    near = sum(float(each.norm()) for each in expected.values()) / len(expected) / 50  # bfloat16 rounds at 1/256
    assert {name for name, each in expected.items() if (first[name] - each).norm() > near} == set()
    assert any((each.norm() > 10 * near) for each in expected.values())


@pytest.mark.parametrize("processes", [1, 2, 3, 4])
def test_shares_are_of_one_size_and_what_fills_them_up_comes_last_and_weighs_nothing(processes):
    collate = [sharing(lambda rows: packing.collate(rows, 0), process, processes) for process in range(processes)]
    labels = [each(ROWS)["labels"].tolist() for each in collate]
    assert len({len(each) for each in labels}) == 1
    together_ = [label for each in labels for label in each]
    assert WEIGHTLESS not in together_[: len(ROWS)]
    assert set(together_[len(ROWS) :]) <= {WEIGHTLESS}
    own = [row for process in range(processes) for row in share(ROWS, process, processes)]
    assert [row for row in own if row["labels"] != WEIGHTLESS] == ROWS

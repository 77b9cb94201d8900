"""What is recorded for a GPU, as far as a CPU computes it; `benchmarks.gpu` holds replays against launched steps."""

from typing import Any

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification

from core.encoders.packed import packing
from tasks.finetuning.recorded_steps import Step, kind, loss_and_gradients

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def rows(*lengths: int) -> list[dict[str, Any]]:
    return [{"input_ids": [2] * length, "labels": length % 2} for length in lengths]


@pytest.fixture
def network() -> Any:
    torch.manual_seed(0)
    return packing.pack(BertForSequenceClassification(BertConfig(vocab_size=9, **SIZES)).eval())


def test_a_step_gives_the_loss_and_the_gradients_that_training_would_and_leaves_the_weights_alone(network):
    network.bert.embeddings.word_embeddings.weight.requires_grad_(False)
    batch = packing.collator(network)(rows(5, 3, 8))
    packing.in_bfloat16(network, **batch).loss.backward()
    expected = {f"network.{name}": each.grad for name, each in network.named_parameters() if each.grad is not None}
    network.zero_grad()
    step = Step(network, lambda batch: packing.in_bfloat16(network, **batch).loss)
    trained = {name: weight for name, weight in step.named_parameters() if weight.requires_grad}
    loss, gradients = loss_and_gradients(step, trained, batch)
    assert loss == packing.in_bfloat16(network, **batch).loss
    assert gradients.keys() == expected.keys() and "network.bert.embeddings.word_embeddings.weight" not in gradients
    assert all(torch.equal(gradients[name], each) for name, each in expected.items())
    assert all(weight.grad is None for weight in network.parameters())


def test_batches_of_other_lengths_are_of_one_kind_where_the_same_kernels_run(network):
    collate = packing.collator(network)
    first, same, fewer, longer = (collate(each) for each in (rows(8, 7, 3), rows(6, 7, 5), rows(9, 9), rows(40, 7, 3)))
    assert kind(first) == kind(same)
    assert kind(first) not in (kind(fewer), kind(longer))

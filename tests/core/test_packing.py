"""Packed rows give what transformers gives padded ones, and never see each other."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DistilBertConfig,
    ModernBertConfig,
    RobertaConfig,
    XLMRobertaConfig,
)

from core import packing

CAP = 32
WORDS = 50
LENGTHS = (7, 1, 32, 9, 32, 2, 20, 1)
SIZES = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
ROBERTA = {"max_position_embeddings": CAP + 2, "pad_token_id": 1, **SIZES}
MODERN = {"local_attention": 8, "global_attn_every_n_layers": 2, "max_position_embeddings": CAP, **SIZES}
CONFIGS = {
    "bert": BertConfig(max_position_embeddings=CAP, **SIZES),
    "distilbert": DistilBertConfig(max_position_embeddings=CAP, dim=16, n_layers=3, n_heads=2, hidden_dim=32),
    "roberta": RobertaConfig(**ROBERTA),
    "xlm-roberta": XLMRobertaConfig(**ROBERTA),
    "modernbert, first token": ModernBertConfig(classifier_pooling="cls", pad_token_id=0, **MODERN),
    "modernbert, mean": ModernBertConfig(classifier_pooling="mean", pad_token_id=0, **MODERN),
}
Rows = Sequence[dict[str, Any]]


def random_rows(lengths: Sequence[int]) -> Rows:
    torch.manual_seed(1)
    return [
        {"input_ids": torch.randint(5, WORDS, (length,)).tolist(), "labels": number % 3}
        for number, length in enumerate(sorted(lengths, reverse=True))
    ]


def classifier(name: str) -> Any:
    config = CONFIGS[name]
    config.vocab_size, config.num_labels = WORDS, 3
    torch.manual_seed(0)
    network = AutoModelForSequenceClassification.from_config(config).eval()
    for weight in network.parameters():  # far from the initial values, among which normalisation does nothing
        torch.nn.init.normal_(weight, std=0.3)
    return network


def padded(network: Any, rows: Rows) -> dict[str, torch.Tensor]:
    longest = max(len(row["input_ids"]) for row in rows)
    fill = network.config.pad_token_id or 0
    ids = torch.tensor([row["input_ids"] + [fill] * (longest - len(row["input_ids"])) for row in rows])
    mask = torch.tensor([[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in rows])
    return {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([row["labels"] for row in rows])}


def outcome(network: Any, output: Any) -> dict[str, torch.Tensor]:
    """Return the logits, the loss, and the gradient of each weight."""
    network.zero_grad()
    output.loss.backward()
    gradients = {name: weight.grad.clone() for name, weight in network.named_parameters() if weight.grad is not None}
    return {"logits": output.logits.detach(), "loss": output.loss.detach()} | gradients


def far(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> dict[str, float]:
    """Return the relative error of what differs by more than 1e-5 of the largest gradient."""
    assert found.keys() == expected.keys()
    scale = max(float(each.norm()) for name, each in expected.items() if name not in ("logits", "loss"))
    errors = {
        name: float((found[name] - each).norm() / (each.norm() if name in ("logits", "loss") else scale))
        for name, each in expected.items()
    }
    return {name: error for name, error in errors.items() if error > 1e-5}


@pytest.mark.parametrize("name", CONFIGS)
def test_logits_and_gradients_are_those_of_the_padded_forward(name):
    rows = random_rows(LENGTHS)
    network = classifier(name)
    expected = outcome(network, network(**padded(network, rows)))
    batch = packing.collator(network)(rows)
    assert far(outcome(network, packing.pack(network)(**batch)), expected) == {}

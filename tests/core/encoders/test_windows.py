"""A text in windows has the mean of its windows' logits, packed and padded, in training and in inference."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification, BertConfig, DistilBertConfig, ModernBertConfig

from core.encoders import padded, windows
from core.encoders.checkpoint import load_tokenizer
from core.encoders.inference import TOKENS_ON_CPU, mean_states, probabilities
from core.encoders.packed import packing
from tasks.finetuning.trainers import WEIGHTLESS, mean_loss, share
from tests.conftest import save_tokenizer

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
CONFIGS = {
    "bert": BertConfig(vocab_size=100, **SIZES),
    "distilbert": DistilBertConfig(vocab_size=100, dim=16, n_layers=2, n_heads=2, hidden_dim=32),
    "modernbert": ModernBertConfig(vocab_size=100, classifier_pooling="mean", pad_token_id=0, **SIZES),
}
LENGTHS = ([9], [8, 8, 3], [2], [8, 5], [8, 8, 8, 8])


def rows() -> list[dict[str, Any]]:
    torch.manual_seed(1)
    return [
        {"input_ids": torch.randint(5, 100, (sum(each),)).tolist(), "windows": each, "labels": number % 3}
        for number, each in enumerate(LENGTHS)
    ]


def classifier(name: str) -> Any:
    config = copy.deepcopy(CONFIGS[name])  # `pack` writes into it
    config.num_labels = 3
    torch.manual_seed(0)
    network = AutoModelForSequenceClassification.from_config(config).eval()
    for weight in network.parameters():  # far from the initial values, among which normalisation does nothing
        torch.nn.init.normal_(weight, std=0.3)
    return network


@pytest.fixture
def tokenizer() -> Any:
    save_tokenizer(Path("tokenizer"))
    Path("tokenizer/config.json").write_text("{}", encoding="utf-8")
    return load_tokenizer(Path("tokenizer"))


def outcome(network: Any, batch: dict[str, Any], count: int) -> dict[str, torch.Tensor]:
    """Return the loss and each weight's gradient, of a batch out of `count` rows."""
    network.zero_grad()
    labels = batch.pop("labels")
    loss = mean_loss(windows.classify(network, **batch), labels, torch.tensor(count))
    loss.backward()
    found = {name: weight.grad.clone() for name, weight in network.named_parameters() if weight.grad is not None}
    return found | {"loss": loss.detach()}


def near(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> bool:
    assert found.keys() == expected.keys()
    return all(torch.allclose(found[name], each, atol=1e-5, rtol=1e-4) for name, each in expected.items())


def alone(network: Any) -> torch.Tensor:
    """Return each row's logits by transformers itself: of one window at a time, then their mean."""
    logits = [
        torch.stack([network(ids[None]).logits[0] for ids in torch.tensor(row["input_ids"]).split(each)])
        for row, each in zip(rows(), LENGTHS, strict=True)
    ]
    return torch.stack([each.mean(0) for each in logits])


@pytest.mark.parametrize("name", CONFIGS)
def test_loss_and_gradients_are_those_of_mean_logits_packed_and_padded(name, tokenizer):
    network = classifier(name)
    labels = torch.tensor([row["labels"] for row in rows()])
    network.zero_grad()
    loss = mean_loss({"logits": alone(network)}, labels, torch.tensor(len(labels)))
    loss.backward()
    expected = {each: weight.grad.clone() for each, weight in network.named_parameters() if weight.grad is not None}
    expected["loss"] = loss.detach()
    assert near(outcome(network, padded.collate(tokenizer, rows()), len(labels)), expected)
    batch = packing.collator(network)(rows())
    assert near(outcome(packing.pack(network), batch, len(labels)), expected)


def test_processes_that_share_a_batch_add_up_to_its_gradients(tokenizer):
    network = classifier("bert")
    expected = outcome(network, padded.collate(tokenizer, rows()), len(LENGTHS))
    parts = [outcome(network, padded.collate(tokenizer, share(rows(), process, 2)), len(LENGTHS)) for process in (0, 1)]
    assert near({name: parts[0][name] + parts[1][name] for name in expected}, expected)
    assert padded.collate(tokenizer, share(rows(), 1, 2))["labels"].tolist() == [0, 1, WEIGHTLESS]


def test_windows_are_read_as_they_were_given_with_what_tells_two_texts_apart():
    typed = [row | {"token_type_ids": [number % 2 for number in row["input_ids"]]} for row in rows()]
    read = windows.Windows(iter(typed))
    expected, texts = windows.split(typed)
    assert [read[place] for place in range(len(expected))] == expected
    assert (list(read.rows), list(read.lengths)) == (texts, [length for each in LENGTHS for length in each])


def test_labels_follow_their_texts_and_lead_the_batch(tokenizer):
    packed, in_padding = packing.collate(rows(), 0), padded.collate(tokenizer, rows())
    assert packed["labels"].tolist() == [1, 1, 0, 0, 2]  # the longest text first
    assert packed["lengths"] == sorted(sum(LENGTHS, []), reverse=True)
    assert in_padding["labels"].tolist() == [0, 1, 2, 0, 1]
    assert in_padding["texts"] == [0, 1, 1, 1, 2, 3, 3, 4, 4, 4, 4]
    assert next(iter(packed)) == next(iter(in_padding)) == "labels"
    assert "texts" not in packing.collate(rows()[:1], 0) | padded.collate(tokenizer, rows()[:1])


@pytest.mark.parametrize("name", CONFIGS)
def test_inference_gives_the_softmax_of_mean_logits_and_the_mean_state_of_all_tokens(name, tokenizer):
    network = classifier(name)
    expected = alone(network).double().softmax(-1).detach().numpy()
    encoder = copy.deepcopy(network.base_model)
    states = [
        torch.cat([encoder(ids[None]).last_hidden_state[0] for ids in torch.tensor(row["input_ids"]).split(each)]).mean(
            0
        )
        for row, each in zip(rows(), LENGTHS, strict=True)
    ]
    assert probabilities(network, tokenizer, rows()) == pytest.approx(expected, abs=0.03)  # bfloat16, where there is it
    found = mean_states(encoder, tokenizer, rows())
    assert found == pytest.approx(torch.stack(states).detach().double().numpy(), abs=0.1)


def test_a_text_of_more_windows_than_a_batch_holds_is_read_over_several(tokenizer):
    count = 2 * TOKENS_ON_CPU // 16
    torch.manual_seed(2)
    ids = torch.randint(5, 100, (16,)).tolist()
    long = {"input_ids": ids * count, "windows": [16] * count}
    found = probabilities(classifier("bert"), tokenizer, [{"input_ids": ids}, long])
    assert found[0] == pytest.approx(found[1], abs=1e-6)

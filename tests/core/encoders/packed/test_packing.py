"""Packed rows give what transformers gives padded ones, and never see each other."""

import copy
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import (
    AttentionInterface,
    AutoModelForSequenceClassification,
    BertConfig,
    DistilBertConfig,
    ElectraConfig,
    ModernBertConfig,
    RobertaConfig,
    XLMRobertaConfig,
)

from core.encoders.networks import load_classifier
from core.encoders.packed import attention, packing
from tasks import params
from tasks.finetuning import trainable
from tests.conftest import PARAMS

CAP = 48
WORDS = 50
LENGTHS = (7, 1, CAP, 9, CAP, 2, 20, 1)
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
    config = copy.deepcopy(CONFIGS[name])  # `pack` writes into it
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


def with_loss(network: Any, batch: dict[str, Any]) -> Any:
    """Return the output of a classifier whose own loss would be one of tokens."""
    labels = batch.pop("labels")
    output = network(**batch)
    output.loss = cross_entropy(output.logits, labels)
    return output


def far(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> dict[str, float]:
    """Return the relative errors above 1e-5; a gradient that should vanish is measured against the mean gradient."""
    assert found.keys() == expected.keys()
    norms = {name: float(each.norm()) for name, each in expected.items()}
    mean = sum(norms.values()) / len(norms)
    errors = {name: float((found[name] - each).norm()) / max(norms[name], mean) for name, each in expected.items()}
    return {name: error for name, error in errors.items() if error > 1e-5}


@pytest.mark.parametrize("name", CONFIGS)
def test_logits_and_gradients_are_those_of_the_padded_forward(name):
    rows = random_rows(LENGTHS)
    network = classifier(name)
    expected = outcome(network, network(**padded(network, rows)))
    batch = packing.collator(network)(rows)
    assert far(outcome(network, packing.pack(network)(**batch)), expected) == {}


@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_logits_and_gradients_of_pairs_are_those_of_the_padded_forward(name):
    rows = [{**row, "token_type_ids": [0] + [1] * (len(row["input_ids"]) - 1)} for row in random_rows(LENGTHS)]
    network = classifier(name)
    types = torch.tensor([row["token_type_ids"] + [0] * (CAP - len(row["token_type_ids"])) for row in rows])
    expected = outcome(network, network(**padded(network, rows), token_type_ids=types))
    batch = packing.collator(network)(rows)
    assert far(outcome(network, packing.pack(network)(**batch)), expected) == {}
    batch["token_type_ids"] = torch.zeros_like(batch["token_type_ids"])
    assert far(outcome(network, network(**batch)), expected)


@pytest.mark.parametrize("method", ["lora", "head"])
@pytest.mark.parametrize("name", CONFIGS)
def test_logits_and_gradients_are_those_of_the_padded_forward_where_few_weights_are_trained(write_params, name, method):
    write_params({"finetuning.method": method, "finetuning.lora": {"rank": 2, "alpha": 2}})
    chosen, rows = params.load(), random_rows(LENGTHS)
    network = trainable.prepare(classifier(name), chosen.model, chosen.finetuning)
    for weight in filter(lambda each: each.requires_grad, network.parameters()):  # what an adapter adds starts at 0
        torch.nn.init.normal_(weight, std=0.3)
    expected = outcome(network, network(**padded(network, rows)))
    batch = packing.collator(network)(rows)
    assert far(outcome(network, packing.pack(network)(**batch)), expected) == {}
    trained = {part for part in expected if part not in ("logits", "loss")}
    assert trained == {part for part, weight in network.named_parameters() if weight.requires_grad}
    assert any(".lora_A." in part for part in trained) == (method == "lora")
    assert not any("embeddings" in part for part in trained)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_row_is_the_same_to_the_last_bit_whatever_the_others_say(name):
    rows, network = random_rows(LENGTHS), packing.pack(classifier(name))
    collate = packing.collator(network)
    before = network(**collate(rows)).logits
    rows[2]["input_ids"] = [5] * len(rows[2]["input_ids"])
    after = network(**collate(rows)).logits
    others = [number for number in range(len(rows)) if number != 2]
    assert (before[others] == after[others]).all()
    assert (before[2] != after[2]).any()


@pytest.mark.parametrize(("name", "computed"), [("bert", 1), ("modernbert, first token", 1), ("modernbert, mean", 7)])
def test_the_last_layer_attends_for_nothing_but_what_the_head_pools(name, computed):
    network, found = packing.pack(classifier(name)), []
    weigh = attention.attention

    def note(module: Any, *given: Any, **named: Any) -> Any:
        states, _ = weigh(module, *given, **named)
        found.append(int((states[0, :7].abs().sum((1, 2)) > 0).sum()))
        return states, None

    AttentionInterface.register(attention.NAME, note)
    network(**packing.collator(network)(random_rows((7, 2))))
    AttentionInterface.register(attention.NAME, weigh)
    assert found == [7, 7, computed]


@pytest.mark.parametrize(("name", "query"), [("bert", "attention.self.query"), ("distilbert", "attention.q_lin")])
def test_the_last_layer_asks_for_nothing_but_what_the_head_pools(name, query):
    network, found = packing.pack(classifier(name)), []
    for path, module in network.named_modules():
        if path.endswith(query):
            module.register_forward_hook(lambda part, inputs, states: found.append(inputs[0].numel() // 16))
    network(**packing.collator(network)(random_rows((7, 2))))
    assert found == [packing.STEP, packing.STEP, 2]


@pytest.mark.parametrize("name", ["bert", "modernbert, mean"])
def test_bfloat16_comes_near_to_float32_and_leaves_weights_and_gradients_in_it(name):
    rows, network = random_rows(LENGTHS), packing.pack(classifier(name))
    batch = packing.collator(network)(rows)
    expected = outcome(network, network(**batch))
    found = outcome(network, packing.in_bfloat16(network, **batch))
    assert {each.dtype for each in found.values()} == {torch.float32}
    assert {weight.dtype for weight in network.parameters()} == {torch.float32}
    assert 0 < max(far(found, expected).values()) < 0.1


@pytest.mark.parametrize("name", ["bert", "distilbert", "modernbert, mean"])
def test_in_bfloat16_states_are_no_farther_from_those_in_float32_than_under_stock_autocast(name):
    rows, network = random_rows(torch.arange(1, CAP + 1).tolist() * 2), classifier(name).base_model
    ids, mask, _ = padded(network, rows).values()
    with torch.no_grad():
        exact = network(ids, mask).last_hidden_state[mask == 1]
        with torch.autocast("cpu", torch.bfloat16):
            stock = network(ids, mask).last_hidden_state[mask == 1]
        batch = packing.collator(network)(rows)
        del batch["labels"]
        found = packing.in_bfloat16(packing.pack(network), **batch).last_hidden_state[0, : len(exact)]
    ratio = float((found - exact).norm() / (stock - exact).norm())
    assert 0 < ratio <= 1.05  # as good, but for chance


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_seed_drops_the_same_states_on_one_thread_and_on_two(threads):
    network = packing.pack(classifier("bert")).train()
    batch = packing.collator(network)(random_rows(LENGTHS))
    torch.set_num_threads(threads)
    found = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        found.append(outcome(network, packing.in_bfloat16(network, **batch)))
    torch.set_num_threads(1)
    assert all((found[0][name] == found[1][name]).all() for name in found[0])
    assert (found[0]["logits"] != found[2]["logits"]).any()


def test_the_general_model_itself_is_packed_exactly():
    chosen = params.load(PARAMS)
    network = load_classifier(chosen.model, ["a", "b", "c"], 0).eval()
    torch.manual_seed(1)
    rows = [
        {"input_ids": [101, *torch.randint(1000, 9000, (length - 2,)).tolist(), 102], "labels": length % 3}
        for length in (128, 40, 39, 2)
    ]
    expected = outcome(network, with_loss(network, padded(network, rows)))
    assert far(outcome(network, with_loss(packing.pack(network), packing.collator(network)(rows))), expected) == {}


def test_every_architecture_that_is_packed_is_among_those_that_these_tests_compare_with_padded_rows():
    assert {config.model_type for config in CONFIGS.values()} == packing.FAMILIES.keys()


def test_another_architecture_is_left_to_padding():
    assert not packing.packs(AutoModelForSequenceClassification.from_config(ElectraConfig(vocab_size=WORDS, **SIZES)))


def test_rows_are_laid_longest_first_with_positions_of_their_own():
    rows = [{"input_ids": [2, 3], "labels": 0}, {"input_ids": [2, 5, 6, 3], "labels": 1}]
    batch = packing.collate(rows, first_position=2)
    assert batch["input_ids"][:, :6].tolist() == [[2, 5, 6, 3, 2, 3]]
    assert batch["position_ids"][:, :6].tolist() == [[2, 3, 4, 5, 2, 3]]
    assert batch["lengths"] == [4, 2]
    assert batch["labels"].tolist() == [1, 0]
    assert next(iter(batch)) == "labels"  # the Trainer counts rows by the first tensor


@pytest.mark.parametrize("length", [1, packing.STEP - 1, packing.STEP])
def test_batches_have_few_sizes_whatever_their_rows(length):
    batch = packing.collate([{"input_ids": [7] * length}], first_position=2)
    size = (length // packing.STEP + 1) * packing.STEP
    assert batch["input_ids"].shape == batch["position_ids"].shape == (1, size)
    assert batch["input_ids"][0, length:].tolist() == [0] * (size - length)
    assert batch["position_ids"][0, length:].tolist() == [2] * (size - length)


def test_what_lies_behind_the_last_row_changes_nothing():
    rows = random_rows(LENGTHS)
    network = packing.pack(classifier("bert"))
    batch = packing.collator(network)(rows)
    other = {**batch, "input_ids": batch["input_ids"].clone()}
    other["input_ids"][:, sum(LENGTHS) :] = WORDS - 1
    assert not torch.equal(other["input_ids"], batch["input_ids"])
    assert far(outcome(network, network(**other)), outcome(network, network(**batch))) == {}


def test_batches_of_few_sizes_are_a_sixteenth_larger_at_most_and_give_the_same():
    network = packing.pack(classifier("bert"))
    rows = random_rows([20] * 60 + [13, 7])
    few, many = (packing.collate(rows, 0, few_sizes=each) for each in (True, False))
    tokens = [1200 + more for more in range(1, 48, 5)]
    sizes = [
        packing.collate(random_rows([20] * 60 + [count - 1200]), 0, few_sizes=True)["input_ids"].shape[1]
        for count in tokens
    ]
    assert all(1 <= size - count <= count / 16 for size, count in zip(sizes, tokens, strict=True))
    assert len(set(sizes)) == 2
    assert few["input_ids"].shape[1] > many["input_ids"].shape[1]
    torch.testing.assert_close(network(**few).logits, network(**many).logits)

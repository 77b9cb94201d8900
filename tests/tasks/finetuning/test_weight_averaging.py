"""Weights averaged over epochs and interpolated with the pretrained encoder's (WiSE-FT)."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file
from transformers import BertModel

from core.base.files import read_json, sha256
from core.encoders.networks import load_classifier, load_finetuned
from tasks import params
from tasks.finetuning import __main__ as finetuning
from tasks.finetuning import weight_averaging
from tasks.finetuning.weight_averaging import Averaging
from tasks.tokenization import __main__ as tokenization
from tests.conftest import ENCODER
from tests.tasks.finetuning.conftest import LORA

MODEL = Path("models/seeds/1")


def epoch(averaging: Averaging, network: torch.nn.Module, number: int, learnt: float) -> float:
    """Return the weight that is scored after an epoch whose steps add what is learnt to it."""
    averaging.on_epoch_begin(None, None, None, model=network)
    network.weight.data += learnt
    averaging.on_epoch_end(None, SimpleNamespace(epoch=number + 1e-9), None, model=network)
    return network.weight.item()


def test_each_epoch_s_model_is_the_mean_since_the_first_averaged_and_steps_go_on_from_the_last_weights():
    network, averaging = torch.nn.Linear(1, 1, bias=False), Averaging(start=2)
    network.weight.data.zero_()
    assert [epoch(averaging, network, number, 4.0) for number in (1, 2, 3, 4)] == [4.0, 8.0, 10.0, 12.0]


def test_weights_that_are_not_trained_are_left_alone():
    network, averaging = torch.nn.Linear(1, 1, bias=False).requires_grad_(False), Averaging(start=1)
    network.weight.data.zero_()
    assert [epoch(averaging, network, number, 4.0) for number in (1, 2)] == [4.0, 8.0]


def test_averaged_epochs_are_scored_while_steps_go_on_as_without_averaging(validated, tiny_params):
    curves = {}
    for start in (2, 4):  # of three epochs: the last alone is another one's mean, or none is
        tiny_params({"finetuning.epochs": 3, "finetuning.learning_rate": 0.02, "finetuning.average_from": start})
        tokenization.main()
        finetuning.main("1")
        curves[start] = read_json(Path("reports/training/1.json"))
    averaged, own = curves[2], curves[4]
    assert [epoch["training_loss"] for epoch in averaged] == [epoch["training_loss"] for epoch in own]
    assert averaged[:2] == own[:2]
    assert averaged[2]["validation_loss"] != own[2]["validation_loss"]


def test_epochs_of_an_adapter_are_not_averaged(validated, tiny_params):
    curves = []
    for start in (2, 9):  # the mean of two epochs, where there is one, or no mean at all
        tiny_params(LORA | {"finetuning.epochs": 3, "finetuning.average_from": start})
        tokenization.main()
        finetuning.main("1")
        curves.append(read_json(Path("reports/training/1.json")))
    assert curves[0] == curves[1]
    assert len({epoch["validation_loss"] for epoch in curves[0]}) == 3


def test_the_encoder_is_interpolated_with_the_pretrained_one_and_the_head_is_not(validated, tiny_params):
    name = "bert.encoder.layer.0.output.dense.weight"
    saved = {}
    for share in (1.0, 0.5):
        tiny_params({"finetuning.interpolation": share})
        tokenization.main()
        finetuning.main("1")
        saved[share] = load_file(MODEL / "model.safetensors")
    general = load_file("models/pretrained/encoder/model.safetensors")[name.removeprefix("bert.")]
    assert not torch.allclose(saved[1.0][name], general)
    assert torch.allclose(saved[0.5][name], (saved[1.0][name] + general) / 2, atol=1e-7)
    assert torch.equal(saved[0.5]["classifier.weight"], saved[1.0]["classifier.weight"])


def test_what_an_adapter_adds_is_interpolated_as_the_encoder_would_be(validated, tiny_params):
    name, merged, heads = "encoder.layer.0.output.dense.weight", {}, {}
    for share in (1.0, 0.5):
        tiny_params(LORA | {"finetuning.interpolation": share})
        tokenization.main()
        finetuning.main("1")
        found = load_finetuned(MODEL, params.load().model)
        merged[share] = found.base_model.get_parameter(name).detach().clone()  # out of a file that is written again
        heads[share] = load_file(MODEL / "adapter_model.safetensors")["base_model.model.classifier.weight"]
    general = load_file("models/pretrained/encoder/model.safetensors")[name]
    assert float((merged[1.0] - general).abs().max()) > 1e-3
    assert torch.allclose(merged[0.5], (merged[1.0] + general) / 2, atol=1e-7)
    assert torch.equal(heads[0.5], heads[1.0])


@pytest.fixture
def classifier(tiny_params):
    """A classifier whose checkpoint lacks a pooler."""
    tiny_params()
    BertModel.from_pretrained(ENCODER, add_pooling_layer=False).save_pretrained(ENCODER)
    tiny_params({"model.sha256": sha256(Path(ENCODER, "model.safetensors"))})
    BertModel.from_pretrained(ENCODER, add_pooling_layer=False).save_pretrained(ENCODER)
    return load_classifier(params.load().model, ["a", "b"], 0)


def learn(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Add 10 to every weight; return what they were."""
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    for weight in network.parameters():
        weight.data += 10
    return before


def test_each_weight_of_the_checkpoint_lies_between_what_was_learnt_and_what_was_known(classifier):
    general = weight_averaging.pretrained_weights(classifier, "full")
    before = learn(classifier)
    weight_averaging.interpolate(classifier, general, 0.7)
    moved = {name: float((weight.detach() - before[name]).mean()) for name, weight in classifier.named_parameters()}
    new = [f"{part}.{each}" for part in ("bert.pooler.dense", "classifier") for each in ("weight", "bias")]
    assert {name: moved.pop(name) for name in new} == pytest.approx(dict.fromkeys(new, 10), abs=1e-5)
    assert moved == pytest.approx(dict.fromkeys(moved, 7), abs=1e-5)
    assert all(torch.equal(weight, before[name]) for name, weight in general.items())


def test_with_all_of_it_the_fine_tuned_network_stays_to_the_bit(classifier):
    general = weight_averaging.pretrained_weights(classifier, "full")
    learn(classifier)
    before = {name: weight.detach().clone() for name, weight in classifier.named_parameters()}
    weight_averaging.interpolate(classifier, general, 1.0)
    assert all(torch.equal(weight, before[name]) for name, weight in classifier.named_parameters())

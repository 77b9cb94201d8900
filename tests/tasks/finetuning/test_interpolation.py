"""Weight interpolation of the fine-tuned encoder and the pretrained one."""

from pathlib import Path

import pytest
import torch
from transformers import BertModel

from core.base.files import sha256
from core.encoders.networks import load_classifier
from tasks import params
from tasks.finetuning import weight_averaging
from tests.conftest import ENCODER


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

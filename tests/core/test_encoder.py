"""The encoder is the declared one, pretrained, or it is refused."""

import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from core import checkpoint, encoder, params
from core.errors import UserError
from core.files import sha256

WEIGHTS = Path("encoder") / checkpoint.WEIGHTS


def model() -> params.Model:
    return params.load().model


def refused(act, *arguments) -> str:
    with pytest.raises(UserError) as caught:
        act(*arguments)
    return str(caught.value)


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_random_weights_are_refused_for_every_family(tiny_params, family):
    tiny_params({"model.pretrained_only": True}, family=family)
    assert "does not train from scratch" in refused(encoder.load_encoder, model())
    assert "does not train from scratch" in refused(encoder.load_classifier, model(), ["a", "b"], 0)


def test_the_pretrained_default_is_not_taken_for_random(write_params):
    write_params({})
    assert encoder.load_encoder(model()).config.hidden_size == 384


def test_an_encoder_that_lacks_weights_is_refused(tiny_params):
    tiny_params()
    weights = load_file(WEIGHTS)
    save_file({name: tensor for name, tensor in weights.items() if "attention" not in name}, WEIGHTS, {"format": "pt"})
    tiny_params({"model.sha256": sha256(WEIGHTS), "model.pretrained_only": True})
    save_file({name: tensor for name, tensor in weights.items() if "attention" not in name}, WEIGHTS, {"format": "pt"})
    assert "of the encoder's weights" in refused(encoder.load_classifier, model(), ["a", "b"], 0)


@pytest.mark.parametrize(
    ("family", "name"), [("bert", "attention_probs_dropout_prob"), ("distilbert", "attention_dropout")]
)
def test_a_classifier_carries_the_labels_and_the_attention_dropout(tiny_params, family, name):
    tiny_params(family=family)
    classifier = encoder.load_classifier(model(), ["routine", "urgent"], 0, attention_dropout=0.25)
    assert classifier.config.id2label == {0: "routine", 1: "urgent"}
    assert getattr(classifier.config, name) == 0.25


def test_the_seed_draws_the_head(tiny_params):
    tiny_params()
    first, again, other = (encoder.load_classifier(model(), ["a", "b"], seed).classifier.weight for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_folder_that_is_no_model_is_named(tiny_params):
    tiny_params()
    Path("empty").mkdir()
    assert "empty is no model folder" in refused(encoder.load_finetuned, Path("empty"), model())


def test_a_damaged_model_is_named(tiny_params):
    tiny_params()
    shutil.copytree("encoder", "models/seeds/1")
    Path("models/seeds/1/model.safetensors").write_bytes(b"not weights")
    assert "models/seeds/1 is damaged" in refused(encoder.load_finetuned, Path("models/seeds/1"), model())

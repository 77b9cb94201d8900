"""A classifier pools the mean where its encoder was trained to be pooled so, and is transformers' own all the same."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForTokenClassification, ModernBertConfig, OPTConfig

from core.base.errors import UserError
from core.encoders import mean_pooling
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.inference import logits, mean_states
from core.encoders.networks import load_classifier, load_encoder, load_finetuned
from tasks import params
from tests.conftest import ENCODER

ROWS = [{"input_ids": ids} for ids in ([2, 40, 41, 42, 43, 3], [2, 50, 3], [2, 42, 41, 43, 3])]


@pytest.fixture
def pooled(tiny_params):
    """Write params.yaml for a tiny encoder whose folder says how its authors pooled it."""

    def write(says: dict[str, object], family: str = "bert") -> params.Model:
        tiny_params(family=family)
        model = params.load().model
        folder = Path(model.name) / "1_Pooling"
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(says), encoding="utf-8")
        return model

    return write


@pytest.mark.parametrize("family", ["bert", "distilbert"])
@pytest.mark.parametrize("says", [{"pooling_mode_mean_tokens": True}, {"pooling_mode": "mean"}])
def test_a_texts_logits_are_the_last_layer_on_the_mean_of_the_encoders_states(pooled, family, says):
    model = pooled(says, family)
    classifier = load_classifier(model, ["a", "b"], 1)
    head = classifier.classifier
    states = torch.from_numpy(mean_states(load_encoder(model), None, ROWS))
    expected = states @ head.weight.double().T + head.bias.double()
    np.testing.assert_allclose(logits(classifier, None, ROWS), expected.detach(), atol=2e-2)  # bfloat16, where it is


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_packed_and_padded_rows_have_the_same_logits(pooled, family):
    model = pooled({"pooling_mode_mean_tokens": True}, family)
    batch = load_tokenizer(locate(model)).pad(ROWS, return_tensors="pt")
    with torch.inference_mode():
        padded = load_classifier(model, ["a", "b"], 1).eval()(**batch).logits
    assert padded.shape == (3, 2)
    np.testing.assert_allclose(logits(load_classifier(model, ["a", "b"], 1), None, ROWS), padded, atol=2e-2)


def test_what_is_saved_is_a_classifier_of_tokens_whose_mean_it_is(pooled):
    model = pooled({"pooling_mode_mean_tokens": True})
    classifier = load_classifier(model, ["a", "b"], 1).eval()
    classifier.save_pretrained("saved")
    batch = load_tokenizer(locate(model)).pad(ROWS[:1], return_tensors="pt")
    with torch.inference_mode():
        stock = AutoModelForTokenClassification.from_pretrained("saved")(**batch).logits.mean(1)
        torch.testing.assert_close(load_finetuned(Path("saved"), model).eval()(**batch).logits, stock)


def test_an_encoder_pooled_otherwise_keeps_the_head_of_its_architecture(pooled):
    classifier = load_classifier(pooled({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}), ["a"], 1)
    assert type(classifier).__name__ == "BertForSequenceClassification"


def test_an_architecture_that_can_pool_the_mean_itself_is_told_to(pooled):
    pooled({"pooling_mode_mean_tokens": True})
    config = ModernBertConfig()
    mean_pooling.declare(config, Path(ENCODER))
    assert config.classifier_pooling == "mean" and not mean_pooling.declared(config)


def test_an_architecture_without_a_classifier_of_tokens_keeps_its_own_pooling(pooled):
    config = OPTConfig()
    mean_pooling.declare(config, Path(pooled({"pooling_mode_mean_tokens": True}).name))
    assert not mean_pooling.declared(config)


def test_a_damaged_word_on_pooling_is_told(pooled):
    model = pooled([])
    with pytest.raises(UserError, match="1_Pooling/config.json holds no settings"):
        load_classifier(model, ["a", "b"], 1)

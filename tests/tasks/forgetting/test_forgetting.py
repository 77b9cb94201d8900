"""What fine-tuning costs on general texts is measured, and nothing is claimed that was not."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from transformers import AutoConfig, AutoModelForMaskedLM

from core.base import paths
from core.base.errors import UserError
from core.base.files import read_json, sha256
from core.data import probe_sentences
from core.encoders import checkpoint, networks
from tasks import params
from tasks.forgetting import __main__ as forgetting
from tests.conftest import WORDS

SEEDS = ("1", "2")
TOPICS = ("chest", "melena", "rash", "cough", "leg")
SIZES = {
    "bert": {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32},
    "distilbert": {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32},
}

GENERAL = "models/pretrained/general"


@pytest.fixture
def probed(tiny_params) -> None:
    """A project with topics that the tiny encoder can tell apart, and its weights untouched in every seed's model."""
    tiny_params()
    paths.PROBE_SENTENCES.parent.mkdir(parents=True)
    said = [f"{word} {' and ' * more}" for word in WORDS.split() for more in range(3)]
    rows = [(f"{topic} {words}", topic) for topic in TOPICS for words in said]
    pd.DataFrame(rows, columns=probe_sentences.COLUMNS).to_csv(paths.PROBE_SENTENCES, index=False)
    save_seeds()


def save_seeds(weights_times: float = 1.0) -> None:
    """Save a classifier for each seed whose encoder has the general model's weights times a number."""
    chosen = params.load()
    classifier = networks.load_classifier(chosen.model, ["routine", "urgent"], seed=1)
    with torch.no_grad():
        for weight in classifier.base_model.parameters():
            weight.mul_(weights_times)
    for seed in SEEDS:
        shutil.rmtree(f"models/seeds/{seed}", ignore_errors=True)
        classifier.save_pretrained(f"models/seeds/{seed}")
        checkpoint.load_tokenizer(Path("models/pretrained/encoder")).save_pretrained(f"models/seeds/{seed}")


def save_general_with_head(family: str) -> str:
    """Save a general model with a masked-language head, and a mask to hide tokens; return its weights' hash."""
    tokenizer = checkpoint.load_tokenizer(Path("models/pretrained/encoder"))
    tokenizer.add_special_tokens({"mask_token": "[MASK]"})
    tokenizer.save_pretrained(GENERAL)
    config = AutoConfig.for_model(family, vocab_size=len(tokenizer), max_position_embeddings=32, **SIZES[family])
    torch.manual_seed(0)
    AutoModelForMaskedLM.from_config(config).save_pretrained(GENERAL)
    return sha256(Path(GENERAL, "model.safetensors"))


def found() -> dict:
    forgetting.main()
    return read_json(paths.FORGETTING)


def test_an_encoder_that_fine_tuning_left_alone_keeps_everything(probed):
    report = found()
    assert [seed["verdict"] for seed in report["seeds"].values()] == ["kept", "kept"]
    assert report["seeds"]["1"]["rise"] == {"estimate": 0, "low": 0, "high": 0}
    assert report["cka"]["seeds"] == {"1": 1.0, "2": 1.0}
    assert report["cka"]["chance"]["1"] < 0.5
    assert report["probe"] == {"rows": 15 * len(WORDS.split()), "topics": 5}


def test_an_encoder_that_says_the_same_of_every_text_has_lost_it(probed):
    save_seeds(weights_times=0.0)
    report = found()
    assert report["pretrained"]["accuracy"]["estimate"] > 0.5
    assert report["seeds"]["1"]["accuracy"]["estimate"] == pytest.approx(0.2, abs=0.03)
    assert report["seeds"]["1"]["brier"]["estimate"] == pytest.approx(0.4, abs=0.01)  # of a guess among five
    assert report["seeds"]["1"]["verdict"] == "lost"
    assert report["cka"]["seeds"]["1"] == pytest.approx(0, abs=0.01)


def test_a_checkpoint_without_a_masked_language_head_has_no_masked_loss(probed):
    assert found()["masked_loss"] is None


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_the_masked_loss_is_that_of_the_fine_tuned_encoder_under_the_general_head(probed, tiny_params, family):
    tiny_params({"model.name": GENERAL, "model.sha256": save_general_with_head(family)})
    save_seeds()
    same = found()["masked_loss"]
    assert same["seeds"]["1"]["difference"]["estimate"] == 0
    assert same["pretrained"] == same["seeds"]["1"]["loss"] > 0
    save_seeds(weights_times=3.0)
    changed = found()["masked_loss"]
    assert (changed["pretrained"], changed["tokens"]) == (same["pretrained"], same["tokens"])
    after = changed["seeds"]["1"]
    assert after["difference"]["low"] < after["difference"]["estimate"] < after["difference"]["high"]
    assert after["loss"] == pytest.approx(changed["pretrained"] + after["difference"]["estimate"], abs=1e-5)
    assert after["loss"] != changed["pretrained"]


def test_the_same_models_give_the_same_bytes(probed):
    hashes = []
    for _ in range(2):
        forgetting.main()
        hashes.append([sha256(path) for path in (paths.FORGETTING, paths.PROBE_PREDICTIONS)])
    assert hashes[0] == hashes[1]


def test_a_model_that_is_missing_names_the_stage_that_makes_it(probed):
    shutil.rmtree("models/seeds/2")
    with pytest.raises(UserError, match=r"models/seeds/2 is no model folder.*dvc repro"):
        forgetting.main()


def test_a_probe_with_fewer_rows_than_folds_is_refused(probed):
    probe_sentences.read().groupby("topic").head(2).to_csv(paths.PROBE_SENTENCES, index=False)
    with pytest.raises(UserError, match=r"a topic has 2 rows, forgetting.folds is 5: lower it"):
        forgetting.main()

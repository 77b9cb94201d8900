"""The verdict: chosen on validation, measured on test, written for machines."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import params, predictions
from core.errors import UserError
from core.files import read_json, sha256
from tasks import baseline, evaluation, finetuning, tokenization


@pytest.fixture
def trained(validated) -> None:
    tokenization.main()
    baseline.main()
    finetuning.main("1")
    finetuning.main("2")


def metrics() -> dict:
    return read_json(Path("reports/metrics.json"))


def test_metrics_json_holds_its_contract(trained):
    evaluation.main()
    found = metrics()
    assert found["verdict"] in ("adapted", "not shown", "harmed")
    assert set(found["ladder"]) == {"majority", "tf-idf", "untrained head", "frozen encoder"}
    assert found["baseline"]["name"] in found["ladder"]
    assert set(found["difference"]["accuracy"]) == {"estimate", "low", "high", "p_value"}
    assert found["gates"]["accuracy"]["min"] == 0.85
    assert found["gates"]["loss"]["max"] == 0.5
    for metric in ("accuracy", "macro_f1", "loss"):
        mean = np.mean([seed[metric] for seed in found["seeds"].values()])
        assert found["finetuned"][metric] == pytest.approx(mean, abs=1e-5)
        gain = found["finetuned"][metric] - found["baseline"][metric]
        assert found["difference"][metric]["estimate"] == pytest.approx(gain, abs=1e-5)


def test_the_predictions_of_every_seed_are_kept(trained):
    evaluation.main()
    table = predictions.read(predictions.FINETUNED)
    assert list(table["model"].unique()) == ["1", "2"]
    assert len(table) == 2 * (6 + 8)


def test_the_published_model_is_the_seed_with_the_best_validation(trained):
    evaluation.main()
    found = metrics()
    published = str(found["finetuned"]["published_seed"])
    key = {seed: (each["validation_accuracy"], -each["validation_loss"]) for seed, each in found["seeds"].items()}
    assert key[published] == max(key.values())
    weights = "model.safetensors"
    assert sha256(Path("models/finetuned") / weights) == sha256(Path("models/seeds") / published / weights)


def test_running_again_gives_the_same_bytes(trained):
    hashes = []
    for _ in range(2):
        evaluation.main()
        hashes.append([sha256(path) for path in (evaluation.METRICS_FILE, predictions.FINETUNED)])
    assert hashes[0] == hashes[1]


def test_a_model_that_is_missing_names_the_stage_that_makes_it(trained):
    shutil.rmtree("models/seeds/2")
    with pytest.raises(UserError, match=r"models/seeds/2 is no model folder.*dvc repro"):
        evaluation.main()


def test_a_model_of_other_labels_is_refused(trained, tiny_params):
    for split in ("train", "validation", "test"):
        path = f"data/validated/{split}.parquet"
        rows = pd.read_parquet(path)
        rows["label"] = rows["label"].replace({"urgent": "soon"})
        rows.to_parquet(path, index=False)
    augmented = pd.read_parquet("data/augmented/train.parquet")
    augmented.iloc[:0].to_parquet("data/augmented/train.parquet", index=False)
    Path("reports/validation.json").write_text('{"labels": ["routine", "soon"]}')
    tokenization.main()
    with pytest.raises(UserError, match="fine-tuned on other labels"):
        evaluation.main()


ROWS = 200
LABELS = np.arange(ROWS) % 2
GROUPS = [str(row) for row in range(ROWS)]


def predicting(right: float, sure: float = 0.8) -> dict[str, np.ndarray]:
    """Return probabilities that have the first share of the rows right, on both splits."""
    hit = np.arange(ROWS) < right * ROWS
    chosen = np.where(hit, LABELS, 1 - LABELS)
    table = np.where(np.eye(2)[chosen] == 1, sure, 1 - sure)
    return {"validation": table, "test": table}


@pytest.mark.parametrize(
    ("baseline_right", "seeds_right", "verdict"),
    [(0.6, (0.9, 0.92), "adapted"), (0.7, (0.71, 0.7), "not shown"), (0.9, (0.6, 0.62), "harmed")],
)
def test_the_verdict_follows_the_difference(write_params, baseline_right, seeds_right, verdict):
    write_params({"evaluation.resamples": 500})
    seeds = {str(number): predicting(right) for number, right in enumerate(seeds_right)}
    labels = {"validation": LABELS, "test": LABELS}
    ladder = {"majority": predicting(0.5), "tf-idf": predicting(baseline_right)}
    found = evaluation.evaluate(params.load().evaluation, ladder, seeds, labels, GROUPS)
    assert found["verdict"] == verdict
    assert found["baseline"]["name"] == "tf-idf"
    assert found["gates"]["accuracy"]["passed"] == (np.mean(seeds_right) >= 0.85)


def test_rung_and_seed_are_chosen_on_validation_whatever_test_says(write_params):
    write_params({"evaluation.resamples": 100})
    swapped = {"validation": predicting(0.9)["test"], "test": predicting(0.5)["test"]}
    lucky = {"validation": predicting(0.6)["test"], "test": predicting(1.0)["test"]}
    models = {"0": lucky, "1": swapped}
    labels = {"validation": LABELS, "test": LABELS}
    found = evaluation.evaluate(params.load().evaluation, models, models, labels, GROUPS)
    assert found["baseline"]["name"] == "1"
    assert found["finetuned"]["published_seed"] == 1


def test_of_two_rungs_with_one_accuracy_the_one_of_lower_loss_stands():
    models = {"timid": predicting(0.9, 0.6), "sound": predicting(0.9, 0.85)}
    assert evaluation.best(models, LABELS) == "sound"

"""What metrics.json says follows from the predictions."""

import json
from typing import Any

import numpy as np
import pytest

from core.scores import metrics
from core.scores.bootstrap import Resampling
from core.scores.rounding import rounded
from core.scores.slices import Slicing
from core.scores.statistics import holm

ROWS = 200
LABELS = np.arange(ROWS) % 2
GROUPS = {split: np.asarray([f"{split}-{row}" for row in range(ROWS)]) for split in ("validation", "test")}
BY = {"half": Slicing(["first", "second"], (np.arange(ROWS) >= ROWS // 2).astype(int))}


def predicting(right: float, sure: float = 0.8) -> dict[str, np.ndarray]:
    """Return probabilities that have the first share of the rows right, on both splits."""
    hit = np.arange(ROWS) < right * ROWS
    chosen = np.where(hit, LABELS, 1 - LABELS)
    table = np.where(np.eye(2)[chosen] == 1, sure, 1 - sure)
    return {"validation": table, "test": table}


def measure(ladder: Any, seeds: Any, labels: dict[str, np.ndarray], resamples: int) -> dict[str, Any]:
    resampling, gates = Resampling(resamples, 13, 0.95), {"accuracy": 0.85, "loss": 0.5}
    return metrics.measure(ladder, seeds, labels, GROUPS, BY, resampling, gates, target_error=0.05)


@pytest.mark.parametrize(
    ("baseline_right", "seeds_right", "verdict"),
    [(0.6, (0.9, 0.92), "adapted"), (0.7, (0.71, 0.7), "not shown"), (0.9, (0.6, 0.62), "harmed")],
)
def test_the_verdict_follows_the_difference(baseline_right, seeds_right, verdict):
    resamples = 500
    seeds = {str(number): predicting(right) for number, right in enumerate(seeds_right)}
    labels = {"validation": LABELS, "test": LABELS}
    ladder = {"majority": predicting(0.5), "tf-idf": predicting(baseline_right)}
    found = measure(ladder, seeds, labels, resamples)
    assert found["verdict"] == verdict
    assert found["baseline"]["name"] == "tf-idf"
    assert found["gates"]["accuracy"]["passed"] == (np.mean(seeds_right) >= 0.85)


def test_rung_and_seed_are_chosen_on_validation_whatever_test_says():
    resamples = 100
    swapped = {"validation": predicting(0.9)["test"], "test": predicting(0.5)["test"]}
    lucky = {"validation": predicting(0.6)["test"], "test": predicting(1.0)["test"]}
    models = {"0": lucky, "1": swapped}
    labels = {"validation": LABELS, "test": LABELS}
    found = measure(models, models, labels, resamples)
    assert found["baseline"]["name"] == "1"
    assert found["finetuned"]["published_seed"] == 1
    fall = found["from_validation"]["finetuned"]
    assert fall["estimate"] == pytest.approx(-0.4)
    assert fall["low"] < -0.4 < fall["high"] < 0


def test_everything_that_metrics_json_holds_can_be_written_and_follows_from_its_inputs():
    resamples = 100
    models = {"0": predicting(0.9), "1": predicting(0.8)}
    labels = {"validation": LABELS, "test": LABELS}
    first, again = (rounded(measure(models, models, labels, resamples)) for _ in range(2))
    assert first == again
    assert json.loads(json.dumps(first, allow_nan=False)) == first
    assert [each["slice"] for each in first["slices"]] == ["first", "second"]
    assert first["worst_slice"] in first["slices"]
    assert set(first["calibration"]) == {"baseline", "finetuned"}
    assert first["selection"]["target_error"] == 0.05


def test_p_values_of_the_three_metrics_are_corrected_together():
    resamples = 500
    models, labels = {"0": predicting(0.7), "1": predicting(0.75)}, {"validation": LABELS, "test": LABELS}
    ladder = {"tf-idf": predicting(0.7)}
    found = measure(ladder, models, labels, resamples)["difference"]
    p_values = [each["p_value"] for each in found.values()]
    assert [each["p_holm"] for each in found.values()] == holm(p_values)


def test_of_two_rungs_with_one_accuracy_the_one_of_lower_loss_stands():
    models = {"timid": predicting(0.9, 0.6), "sound": predicting(0.9, 0.85)}
    assert metrics.best(models, LABELS) == "sound"

"""What metrics.json says follows from the predictions."""

from typing import Any

import numpy as np
import pytest

from core.base import results
from core.scores import measuring
from core.scores.bootstrap import Resampling
from core.scores.measuring import Evidence
from core.scores.metrics import Metrics
from core.scores.rounding import rounded
from core.scores.slicing import Slicing
from core.scores.statistics import holm
from core.scores.tallied import METRICS

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


def measure(ladder: Any, seeds: Any, labels: dict[str, np.ndarray], resamples: int) -> Metrics:
    resampling, gates = Resampling(resamples, 13, 0.95), {"accuracy": 0.85, "loss": 0.5}
    return measuring.measure(Evidence(ladder, seeds, labels, GROUPS), BY, resampling, gates, target_error=0.05)


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
    assert found.verdict == verdict
    assert found.baseline.name == "tf-idf"
    assert found.gates["accuracy"].passed == (np.mean(seeds_right) >= 0.85)


def test_rung_and_seed_are_chosen_on_validation_whatever_test_says():
    resamples = 100
    swapped = {"validation": predicting(0.9)["test"], "test": predicting(0.5)["test"]}
    lucky = {"validation": predicting(0.6)["test"], "test": predicting(1.0)["test"]}
    models = {"0": lucky, "1": swapped}
    labels = {"validation": LABELS, "test": LABELS}
    found = measure(models, models, labels, resamples)
    assert found.baseline.name == "1"
    assert found.finetuned.published_seed == 1
    fall = found.from_validation.finetuned
    assert fall.estimate == pytest.approx(-0.4)
    assert fall.low < -0.4 < fall.high < 0


def test_everything_that_metrics_json_holds_can_be_written_and_follows_from_its_inputs(tmp_path):
    resamples = 100
    models = {"0": predicting(0.9), "1": predicting(0.8)}
    labels = {"validation": LABELS, "test": LABELS}
    first, again = (rounded(measure(models, models, labels, resamples)) for _ in range(2))
    assert first == again
    results.write(tmp_path / "metrics.json", first)
    assert results.read(tmp_path / "metrics.json", Metrics) == first
    assert [part.slice for part in first.slices] == ["first", "second"]
    assert first.worst_slice in first.slices
    assert first.selection.target_error == 0.05


def test_p_values_of_all_metrics_are_corrected_together():
    resamples = 500
    models, labels = {"0": predicting(0.7), "1": predicting(0.75)}, {"validation": LABELS, "test": LABELS}
    ladder = {"tf-idf": predicting(0.7)}
    difference = measure(ladder, models, labels, resamples).difference
    p_values = [difference.of(metric).p_value for metric in METRICS]
    assert [difference.of(metric).p_holm for metric in METRICS] == holm(p_values)


def test_of_two_rungs_with_one_accuracy_the_one_of_lower_loss_stands():
    models = {"timid": predicting(0.9, 0.6), "sound": predicting(0.9, 0.85)}
    assert measuring.best(models, LABELS) == "sound"


@pytest.mark.parametrize(
    ("metric", "value", "passed"),
    [("accuracy", 0.5, True), ("accuracy", 0.4, False), ("loss", 0.5, True), ("loss", 0.6, False)],
)
def test_a_gate_asks_for_at_least_its_bound_or_at_most_as_the_metric_has_it(metric, value, passed):
    gate = measuring.gate(metric, 0.5, value)
    assert gate.passed == passed
    assert gate.required == ("at most 0.5" if metric == "loss" else "at least 0.5")

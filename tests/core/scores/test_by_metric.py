"""Scores and differences by each metric that is asked for."""

import numpy as np
import pytest
from scipy.stats import ttest_rel
from sklearn.metrics import balanced_accuracy_score

from core.decision.decision import Decision
from core.scores.by_metric import ScoredRows, differences, scores

LABELS = np.random.default_rng(0).integers(2, size=2000)
ROWS = ScoredRows(LABELS, np.arange(2000).astype(str), None, Decision("accuracy", classes=2))


def right(share: float, seed: int) -> np.ndarray:
    """Return probabilities that have about this share of the rows right."""
    hit = np.random.default_rng(seed).random(2000) < share
    return np.eye(2)[np.where(hit, LABELS, 1 - LABELS)] * 0.8 + 0.1


def test_metrics_that_are_not_asked_for_are_null():
    found = scores(ROWS, right(0.8, 1), ["balanced_accuracy"])
    assert found.balanced_accuracy.estimate == pytest.approx(
        balanced_accuracy_score(LABELS, right(0.8, 1).argmax(1)), abs=1e-12
    )
    assert found.accuracy is None and found.loss is None


def test_a_difference_is_that_of_the_paired_t_test_and_its_p_value_corrected_for_those_asked_for_alone():
    before, after = right(0.8, 1), right(0.83, 2)
    of_scipy = ttest_rel(*((table.argmax(1) == LABELS).astype(float) for table in (after, before)))
    alone = differences(ROWS, before, after, ["accuracy"]).accuracy
    low, high = of_scipy.confidence_interval(0.95)
    assert (alone.low, alone.high) == pytest.approx((low, high), abs=1e-3)
    assert alone.p_value == pytest.approx(of_scipy.pvalue, rel=0.15) and alone.p_holm == alone.p_value
    both = differences(ROWS, before, after, ["accuracy", "loss"])
    less, more = sorted((both.accuracy, both.loss), key=lambda change: change.p_value)
    assert (less.p_holm, more.p_holm) == pytest.approx((2 * less.p_value, max(2 * less.p_value, more.p_value)))

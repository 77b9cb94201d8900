"""Selective prediction: the threshold of validation, and what it does on test."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from core.data.threshold_rows import threshold_rows
from core.decision.decision import Decision
from core.scores import selective_prediction

ROWS = 1000
NONE_NAMED, URGENT = Decision("balanced_accuracy", 2), Decision("balanced_accuracy", 2, positive=1)
NAMES = np.arange(ROWS).astype(str)


def model(errors: int, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, and probabilities that are sure of all rows in falling order, the last `errors` rows wrong.

    Every second row is of class 1.
    """
    confidence, predicted = np.linspace(0.99, 0.6, rows), np.arange(rows) % 2
    labels = np.where(np.arange(rows) >= rows - errors, 1 - predicted, predicted)
    return labels, np.where(predicted[:, None] == [0, 1], confidence[:, None], 1 - confidence[:, None])


def threshold(labels, probabilities, groups=None, decision=NONE_NAMED):
    named = NAMES[: len(labels)] if groups is None else groups
    return selective_prediction.threshold(labels, probabilities, named, 0.05, decision)


def selected(validation, test, decision=NONE_NAMED):
    labels, splits, groups = (
        dict(zip(("validation", "test"), each, strict=True))
        for each in ((validation[0], test[0]), (validation[1], test[1]), (NAMES, NAMES))
    )
    return selective_prediction.selection(labels, splits, groups, 0.05, decision)


def test_risk_grows_with_coverage_row_by_row():
    labels = np.array([0, 1, 0])
    probabilities = np.array([[0.8, 0.2], [0.9, 0.1], [0.6, 0.4]])
    found = selective_prediction.risk_by_coverage(labels, probabilities)
    assert found == pytest.approx(np.array([[1 / 3, 1], [2 / 3, 1 / 2], [1, 1 / 3]]))


def test_rows_of_one_confidence_are_kept_together():
    found = selective_prediction.risk_by_coverage(np.array([0, 0, 1, 1]), np.tile([0.7, 0.3], (4, 1)))
    assert found.tolist() == [[1, 0.5]]


@pytest.mark.parametrize(("errors", "coverage"), [(0, 1.0), (200, 0.8), (600, None)])
def test_the_threshold_goes_down_as_far_as_the_target_is_shown(errors, coverage):
    labels, probabilities = model(errors)
    lowest, refused = threshold(labels, probabilities)
    kept = None if lowest is None else (probabilities.max(1) >= lowest).mean()
    assert kept == (None if coverage is None else pytest.approx(coverage, abs=0.02))
    assert refused == (None if coverage else "too many errors")


def test_thresholds_come_from_the_rows_that_chose_the_model_and_bounds_from_the_others():
    labels, probabilities = model(200)
    apart = threshold_rows(NAMES, labels)
    found = selected((labels, probabilities), (labels, probabilities))
    assert found.threshold in probabilities[~apart].max(1)
    kept = apart & (probabilities.max(1) >= found.threshold)
    wrong = int((kept & (probabilities.argmax(1) != labels)).sum())
    exact = binomtest(wrong, int(kept.sum()), alternative="less").proportion_ci(0.95, method="exact").high
    assert found.error_at_most == pytest.approx(exact)
    assert (found.threshold_rows, found.threshold_groups) == (500, 500)


def test_rows_that_chose_the_model_have_no_say_in_the_bound():
    labels, probabilities = model(0)
    apart = threshold_rows(NAMES, labels)
    wrong_for = {side: np.where((apart == side)[:, None], 1 - probabilities, probabilities) for side in (True, False)}
    assert threshold(labels, wrong_for[False])[0] is not None
    assert threshold(labels, wrong_for[True]) == (None, "too many errors")


def test_few_rows_or_groups_show_nothing_though_none_is_wrong():
    labels, probabilities = model(0, rows=117)
    assert threshold(labels, probabilities) == (None, "too few groups")
    labels, probabilities = model(0)
    assert threshold(labels, probabilities, np.arange(ROWS) // 10) == (None, "too few groups")


def test_a_constant_model_gets_no_row_however_rare_the_other_class():
    labels = (np.arange(ROWS) % 40 == 0).astype(int)
    assert threshold(labels, np.tile([0.97, 0.03], (ROWS, 1))) == (None, "one class")


def test_a_model_that_misses_the_named_class_gets_no_row_though_few_are_wrong():
    labels = (np.arange(ROWS) % 40 < 8).astype(int)  # one in five
    probabilities = np.tile([0.97, 0.03], (ROWS, 1))
    found = np.arange(ROWS) % 40 < 7
    probabilities[found] = [0.02, 0.98]
    assert threshold(labels, probabilities)[1] is None  # one in forty is wrong
    assert threshold(labels, probabilities, decision=URGENT) == (None, "too many missed")


def test_a_named_class_of_few_rows_is_too_few_to_show_that_it_is_not_missed():
    labels = (np.arange(ROWS) % 10 == 0).astype(int)
    right = np.where(labels[:, None] == [0, 1], 0.98, 0.02)
    assert threshold(labels, right)[1] is None
    assert threshold(labels, right, decision=URGENT) == (None, "too few positives")


def test_what_the_model_misses_is_bounded_among_all_rows_of_the_named_class():
    labels, probabilities = model(200)
    found = selected((labels, probabilities), (labels, probabilities), URGENT)
    apart, kept = threshold_rows(NAMES, labels), probabilities.max(1) >= found.threshold
    missed = kept & (labels == 1) & (probabilities.argmax(1) == 0)
    positives = apart & (labels == 1)
    exact = binomtest(int((missed & apart).sum()), int(positives.sum()), alternative="less").proportion_ci(
        0.95, method="exact"
    )
    assert found.missed_at_most == pytest.approx(exact.high)
    assert found.missed_at_most <= 0.05
    assert found.threshold_positives == positives.sum()
    assert found.missed == missed.sum()
    assert found.missed_rate.estimate == pytest.approx(missed.sum() / (labels == 1).sum())


@pytest.mark.parametrize("rows_of_a_group", [1, 3])
def test_the_target_is_broken_by_at_most_5_of_100_thresholds(rows_of_a_group):
    """Confidence says nothing of the error, which lies just above the target: every threshold would break it."""
    generator, broken, sets = np.random.default_rng(0), 0, 400
    groups = np.repeat(np.arange(300), rows_of_a_group)
    for _ in range(sets):
        confidence, predicted = generator.uniform(0.5, 1, len(groups)), generator.integers(2, size=len(groups))
        alike = generator.random(len(groups)) < np.sqrt(0.5)
        wrong = np.where(alike, generator.random(300)[groups], generator.random(len(groups))) < 0.051
        table = np.where(predicted[:, None] == [0, 1], confidence[:, None], 1 - confidence[:, None])
        labels = np.where(wrong, 1 - predicted, predicted)
        broken += threshold(labels, table, groups.astype(str))[0] is not None
    assert broken <= binom.ppf(0.999, sets, 0.05)
    assert rows_of_a_group > 1 or broken  # it is a test that can fail


def test_what_test_says_is_counted_there():
    labels, probabilities = model(200)
    found = selected((labels, probabilities), (1 - labels, probabilities))
    kept = (probabilities.max(1) >= found.threshold).sum()
    assert (found.rows, found.wrong) == (kept, min(kept, 800))
    assert found.coverage.estimate == kept / ROWS
    assert found.coverage.low < kept / ROWS < found.coverage.high
    assert found.error_rate.low > 0.95
    assert (found.missed, found.missed_rate, found.missed_at_most, found.threshold_positives) == (None,) * 4


def test_without_a_threshold_nothing_is_left_to_the_model():
    both = model(600)
    found = selected(both, both, URGENT)
    assert found.refused == "too many errors"
    assert (found.rows, found.wrong, found.missed) == (0, 0, 0)
    left = {"threshold", "error_at_most", "missed_at_most", "coverage", "error_rate", "missed_rate"}
    assert set(found.model_dump(include=left).values()) == {None}


def test_a_threshold_that_no_test_row_reaches_keeps_none():
    labels, probabilities = model(0)
    found = selected((labels, probabilities), (labels, np.tile([0.55, 0.45], (ROWS, 1))))
    assert (found.rows, found.error_rate, found.coverage.estimate) == (0, None, 0)

"""Intervals of scores and differences, against exact ones and what other libraries have."""

import numpy as np
import pytest
from scipy.stats import binomtest, t
from statsmodels.stats.proportion import proportion_confint

from core.decision.decision import Decision
from core.decision.scoring import applicable
from core.scores import statistics, uncertainty

TWO = Decision("balanced_accuracy", classes=2, costs=np.array([[0.0, 1], [5, 0]]), ordinal=True)
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 2, 300)
ROWS = np.arange(300)


def model(skill: float, seed: int) -> np.ndarray:
    margin = skill * (2 * LABELS - 1) + np.random.default_rng(seed).normal(0, 1, 300)
    probability = 1 / (1 + np.exp(-margin))
    return np.column_stack([1 - probability, probability])


BEFORE, AFTER = model(0.5, 1), model(1.5, 2)


def ends(estimate: statistics.Estimate) -> tuple[float, float]:
    return statistics.interval(estimate, 0.95)


def test_the_interval_of_an_accuracy_is_wilsons():
    right = int((BEFORE.argmax(1) == LABELS).sum())
    found = uncertainty.of_model("accuracy", LABELS, BEFORE, ROWS, TWO)
    assert found.value == right / 300
    assert ends(found) == pytest.approx(proportion_confint(right, 300, method="wilson"), abs=0.002)


def test_of_a_handful_of_perfect_rows_the_interval_is_near_the_exact_one():
    labels = np.zeros(20, dtype=int)
    low, high = ends(uncertainty.of_model("accuracy", labels, np.eye(2)[labels], np.arange(20), TWO))
    exact = binomtest(20, 20).proportion_ci(0.95).low
    assert (low, high) == (pytest.approx(exact, abs=0.02), 1)


@pytest.mark.parametrize("metric", applicable(TWO))
def test_a_difference_is_that_of_the_scores_and_closes_where_models_are_the_same(metric):
    scores = [uncertainty.of_model(metric, LABELS, table, ROWS, TWO) for table in (BEFORE, AFTER)]
    found = uncertainty.of_difference(metric, LABELS, BEFORE, AFTER, ROWS, TWO)
    assert found.value == pytest.approx(scores[1].value - scores[0].value)
    low, high = ends(uncertainty.of_difference(metric, LABELS, AFTER, AFTER, ROWS, TWO))
    assert low == pytest.approx(-high)
    assert high < 0.02


@pytest.mark.parametrize("metric", applicable(TWO))
def test_an_interval_holds_its_score_and_ends_where_the_metric_ends(metric):
    for table in (BEFORE, np.eye(2)[LABELS], np.eye(2)[1 - LABELS]):
        found = uncertainty.of_model(metric, LABELS, table, ROWS, TWO)
        low, high = ends(found)
        least, most = uncertainty.limits(metric, TWO)
        assert least <= low <= found.value <= high <= most


@pytest.mark.parametrize("metric", applicable(TWO))
def test_rows_repeated_in_their_groups_tell_nothing_new(metric):
    alone = uncertainty.of_difference(metric, LABELS, BEFORE, AFTER, ROWS, TWO)
    twice = [np.repeat(rows, 2, axis=0) for rows in (LABELS, BEFORE, AFTER)]
    repeated = uncertainty.of_difference(metric, *twice, np.repeat(ROWS, 2), TWO)
    assert repeated.value == pytest.approx(alone.value, abs=0.01)
    assert repeated.error == pytest.approx(alone.error, rel=0.02)


def test_a_rare_class_has_few_degrees_of_freedom():
    labels = (np.arange(300) < 9).astype(int)
    table = np.eye(2)[np.where(np.arange(300) % 9 < 6, labels, 1 - labels)]
    assert uncertainty.of_model("balanced_accuracy", labels, table, ROWS, TWO).freedom < 12
    assert uncertainty.of_model("accuracy", labels, table, ROWS, TWO).freedom == 299


def test_one_group_says_nothing_of_others():
    found = uncertainty.of_model("balanced_accuracy", LABELS, BEFORE, np.zeros(300, dtype=int), TWO)
    assert ends(found) == (0, 1)


def right(share: float) -> np.ndarray:
    """Return a table that has the first rows right."""
    return np.eye(2)[np.where(np.arange(100_000) < share * 100_000, 0, 1)]


def test_a_new_seed_has_the_prediction_interval_of_the_seeds_where_rows_are_many():
    values = np.array([0.7, 0.72, 0.77])
    rows, labels = np.arange(100_000), np.zeros(100_000, dtype=int)
    found = uncertainty.of_new_seed("accuracy", labels, [right(share) for share in values], rows, TWO)
    assert found is not None
    reach = t.ppf(0.975, 2) * values.std(ddof=1) * np.sqrt(1 + 1 / 3)
    error = t.ppf(0.975, found.freedom) * found.error
    assert (found.value, error) == (pytest.approx(values.mean()), pytest.approx(reach, rel=0.01))


def test_of_one_seed_nothing_is_known_of_another():
    assert uncertainty.of_new_seed("accuracy", LABELS, [AFTER], ROWS, TWO) is None


def test_seeds_that_agree_leave_the_uncertainty_of_the_rows():
    found = uncertainty.of_new_seed("accuracy", LABELS, [AFTER, AFTER], ROWS, TWO)
    alone = uncertainty.of_model("accuracy", LABELS, AFTER, ROWS, TWO)
    assert found is not None
    assert (found.error, found.freedom) == (pytest.approx(alone.error), pytest.approx(alone.freedom))

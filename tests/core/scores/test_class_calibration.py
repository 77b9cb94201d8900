"""Calibration of one class, against statsmodels' own logistic regressions and scipy."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from scipy.stats import ttest_1samp

from core.scores.class_calibration import FEWEST, of_class

GENERATOR = np.random.default_rng(0)
ROWS = 1200
LOGITS = GENERATOR.normal(-1, 1.5, ROWS)
LABELS = (GENERATOR.random(ROWS) < expit(LOGITS)).astype(int)
ALONE, PATIENTS = np.arange(ROWS).astype(str), (np.arange(ROWS) // 30).astype(str)


def table(logits):
    return np.column_stack([expit(-logits), expit(logits)])


SURE = table(2 * LOGITS)  # too extreme


def test_in_the_large_is_the_mean_difference_with_scipy_s_t():
    found = of_class(LABELS, SURE, ALONE, 1, 0.95).in_the_large
    expected = ttest_1samp(SURE[:, 1] - LABELS, 0).confidence_interval(0.95)
    assert found.estimate == pytest.approx(SURE[:, 1].mean() - LABELS.mean())
    assert found.low < expected.low and found.high > expected.high  # by the pseudo-group, which keeps it from closing
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=2e-4)


@pytest.mark.parametrize("groups", [ALONE, PATIENTS], ids=["rows", "patients"])
def test_intercept_and_slope_are_those_of_statsmodels_glm(groups):
    found, numbers = of_class(LABELS, SURE, groups, 1, 0.95), groups.astype(int)
    known = {"cov_type": "cluster", "cov_kwds": {"groups": numbers}, "use_t": True}
    predicted = logit(SURE[:, 1])
    family = sm.families.Binomial()
    intercept = sm.GLM(LABELS, np.ones(ROWS), family=family, offset=predicted).fit(**known)
    slope = sm.GLM(LABELS, sm.add_constant(predicted), family=family).fit(**known)
    for ours, theirs in ((found.intercept, intercept), (found.slope, slope)):
        assert ours.estimate == pytest.approx(theirs.params[-1], abs=1e-5)
        assert (ours.low, ours.high) == pytest.approx(tuple(theirs.conf_int(0.05)[-1]), abs=1e-4)


def test_right_probabilities_are_not_found_wrong_and_wrong_ones_are():
    right, sure = (of_class(LABELS, each, ALONE, 1, 0.95) for each in (table(LOGITS), SURE))
    assert right.slope.low < 1 < right.slope.high and right.intercept.low < 0 < right.intercept.high
    assert right.in_the_large.low < 0 < right.in_the_large.high
    assert sure.slope.high < 0.6


def test_probabilities_that_are_too_high_lie_above_0_in_the_large_and_have_an_intercept_below_0():
    found = of_class(LABELS, table(1 + LOGITS), ALONE, 1, 0.95)
    assert found.in_the_large.low > 0.1
    assert found.intercept.estimate == pytest.approx(-1, abs=0.2)


def test_of_three_classes_each_is_held_against_the_rest():
    three = np.column_stack([0.4 * SURE[:, 0], 0.6 * SURE[:, 0], SURE[:, 1]])
    labels = np.where(LABELS == 1, 2, np.arange(ROWS) % 2)
    found, of_two = of_class(labels, three, ALONE, 2, 0.95), of_class(LABELS, SURE, ALONE, 1, 0.95)
    assert found.rows == of_two.rows
    assert found.slope.estimate == pytest.approx(of_two.slope.estimate, abs=1e-6)


def test_a_class_in_too_few_groups_is_not_judged():
    for rows, groups in ((FEWEST - 1, ALONE), (300, (np.arange(ROWS) % (FEWEST - 1)).astype(str))):
        found = of_class((np.arange(ROWS) < rows).astype(int), SURE, groups, 1, 0.95)
        assert (found.rows, found.in_the_large, found.intercept, found.slope) == (rows, None, None, None)


def test_logits_without_a_mistake_or_all_the_same_have_no_slope():
    assert of_class((LOGITS > 0).astype(int), SURE, ALONE, 1, 0.95).slope is None
    same = of_class(LABELS, np.tile([0.97, 0.03], (ROWS, 1)), ALONE, 1, 0.95)
    assert same.slope is None
    assert same.intercept.estimate == pytest.approx(logit(LABELS.mean()) - logit(0.03), abs=1e-5)


def test_probabilities_of_0_and_1_have_neither():
    found = of_class(LABELS, np.eye(2)[(LOGITS > 0).astype(int)], ALONE, 1, 0.95)
    assert (found.intercept, found.slope) == (None, None)


def test_intervals_hold_the_truth_in_95_of_100_sets_where_patients_are_alike():
    generator, held = np.random.default_rng(1), np.zeros(2)
    groups, sets = np.repeat(np.arange(60), 5), 200
    for _ in range(sets):
        logits = generator.normal(0, 1, 60)[groups] + generator.normal(0, 1, 300)
        labels = (generator.random(300) < expit(logits)).astype(int)
        found = of_class(labels, table(logits), groups.astype(str), 1, 0.95)
        held += [found.intercept.low <= 0 <= found.intercept.high, found.slope.low <= 1 <= found.slope.high]
    assert (held >= 0.9 * sets).all() and (held < sets).all()

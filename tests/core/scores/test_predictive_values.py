"""Predictive values at other prevalences, against Bayes' theorem and Mercaldo's formula written out."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from core.scores import predictive_values
from core.scores.predictive_values import Rates


def rates(found: int, of_class: int, called_off: int, others: int) -> Rates:
    """Return how often rows are called right: so many of the class found, so many of the others called off."""
    of_each = [np.arange(of_class) < found, np.arange(others) >= called_off]
    rows = np.arange(of_class + others)
    return predictive_values.rates(rows < of_class, np.concatenate(of_each), rows)


RARE = rates(237, 300, 9021, 9700)  # 3% of the rows, recall 0.79, specificity 0.93


def test_the_predictive_values_follow_from_the_prevalence():
    found = predictive_values.at_prevalence(RARE, 0.03, 0.95)
    assert found.positive_predictive_value.estimate == pytest.approx(237 / (237 + 679))  # 0.259, as the rows have it
    assert found.negative_predictive_value.estimate == pytest.approx(9021 / (9021 + 63))
    assert found.missed_per_1000.estimate == pytest.approx(63 / 10)
    assert found.false_alarms_per_1000.estimate == pytest.approx(679 / 10)
    half = predictive_values.at_prevalence(RARE, 0.5, 0.95)
    assert half.positive_predictive_value.estimate == pytest.approx(0.79 / (0.79 + 0.07))
    assert half.missed_per_1000.estimate == pytest.approx(105)


@pytest.mark.parametrize("prevalence", [0.01, 0.03, 0.5])
def test_the_interval_is_mercaldos(prevalence):
    """Mercaldo, Lau & Zhou (2007): the variance of a predictive value's logit from n1 rows of the class, n0 others."""
    found = predictive_values.at_prevalence(RARE, prevalence, 0.95)
    sensitivity, specificity, n1, n0 = 0.79, 0.93, 300, 9700
    positive = sensitivity * prevalence / (sensitivity * prevalence + (1 - specificity) * (1 - prevalence))
    negative = specificity * (1 - prevalence) / (specificity * (1 - prevalence) + (1 - sensitivity) * prevalence)
    of_positive = (1 - sensitivity) / sensitivity / n1 + specificity / (1 - specificity) / n0
    of_negative = sensitivity / (1 - sensitivity) / n1 + (1 - specificity) / specificity / n0
    cases = [(found.positive_predictive_value, positive, of_positive)]
    cases += [(found.negative_predictive_value, negative, of_negative)]
    for value, estimate, variance in cases:
        ends = logit(estimate) + norm.ppf([0.025, 0.975]) * np.sqrt(variance)
        assert value.estimate == pytest.approx(estimate)
        assert logit([value.low, value.high]) == pytest.approx(ends, abs=0.03)


def test_the_rows_missed_of_1000_have_the_interval_of_the_sensitivity():
    found = predictive_values.at_prevalence(RARE, 0.1, 0.95).missed_per_1000
    low, high = proportion_confint(63, 300, method="wilson")
    assert (found.low, found.high) == (pytest.approx(100 * low, abs=0.1), pytest.approx(100 * high, abs=0.1))


def test_calls_that_clusters_share_leave_the_positive_predictive_value_more_sure_than_skill_that_they_share():
    """Where a cluster's rows are called often, found rows and false alarms grow together, and their ratio stays."""
    generator, groups, of_class = np.random.default_rng(0), np.arange(3000) // 10, np.arange(3000) % 2 == 0
    pull = np.repeat(generator.choice([-0.25, 0.25], 300), 10)
    widths = []
    for chance in (np.where(of_class, 0.6, 0.4) + pull, np.where(of_class, 0.6 + pull, 0.4 - pull)):
        known = predictive_values.rates(of_class, generator.random(3000) < chance, groups)
        value = predictive_values.at_prevalence(known, 0.5, 0.95).positive_predictive_value
        widths.append(value.high - value.low)
    assert widths[1] > 1.3 * widths[0]


def test_a_model_that_never_calls_the_class_has_no_positive_predictive_value():
    found = predictive_values.at_prevalence(rates(0, 30, 970, 970), 0.2, 0.95)
    assert found.positive_predictive_value is None
    assert found.negative_predictive_value.estimate == pytest.approx(0.8)
    assert (found.missed_per_1000.estimate, found.missed_per_1000.high) == (200, 200)
    always = predictive_values.at_prevalence(rates(30, 30, 0, 970), 0.2, 0.95)
    assert always.negative_predictive_value is None
    assert always.positive_predictive_value.estimate == pytest.approx(0.2)


def test_a_model_without_a_mistake_is_right_by_its_estimate_and_not_for_certain():
    found = predictive_values.at_prevalence(rates(30, 30, 970, 970), 0.01, 0.95).positive_predictive_value
    assert (found.estimate, found.high) == (1, 1)
    assert found.low < 0.95


def test_one_cluster_leaves_everything_open():
    known = predictive_values.rates(np.arange(20) < 10, np.arange(20) % 2 == 0, np.zeros(20))
    found = predictive_values.at_prevalence(known, 0.3, 0.95).positive_predictive_value
    assert (found.estimate, found.low, found.high) == (pytest.approx(0.3), 0, 1)


def test_intervals_hold_the_truth_as_often_as_they_say():
    generator, held = np.random.default_rng(0), np.zeros(2)
    prevalence, sensitivity, specificity = 0.05, 0.79, 0.93
    positive = expit(logit(prevalence) + np.log(sensitivity / (1 - specificity)))
    negative = expit(logit(1 - prevalence) + np.log(specificity / (1 - sensitivity)))
    for _ in range(500):
        drawn = rates(generator.binomial(40, sensitivity), 40, generator.binomial(560, specificity), 560)
        found = predictive_values.at_prevalence(drawn, prevalence, 0.95)
        values = (found.positive_predictive_value, positive), (found.negative_predictive_value, negative)
        held += [value.low <= truth <= value.high for value, truth in values]
    assert ((held >= 0.925 * 500) & (held <= 0.98 * 500)).all(), held / 500

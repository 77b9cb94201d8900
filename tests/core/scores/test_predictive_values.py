"""Predictive values at other prevalences, against Bayes' theorem and Mercaldo's formula written out."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from core.scores import predictive_values
from core.scores.predictive_values import Accuracy
from core.scores.statistics import share


def accuracy(found: int, of_class: int, called_off: int, others: int) -> Accuracy:
    """Return how often rows are called right: so many of the class found, so many of the others called off."""
    rates = ((found, of_class), (called_off, others))
    return Accuracy(*(share(np.arange(rows) < right, np.arange(rows)) for right, rows in rates), correlation=0.0)


RARE = accuracy(237, 300, 9021, 9700)  # 3% of the rows, recall 0.79, specificity 0.93


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


def test_sensitivity_and_specificity_that_rise_together_leave_predictive_values_less_sure():
    worse, better = (
        predictive_values.at_prevalence(RARE._replace(correlation=shared), 0.1, 0.95).positive_predictive_value
        for shared in (0.9, -0.9)
    )
    assert worse.high - worse.low > 1.5 * (better.high - better.low)


def test_a_model_that_never_calls_the_class_has_no_positive_predictive_value():
    found = predictive_values.at_prevalence(accuracy(0, 30, 970, 970), 0.2, 0.95)
    assert found.positive_predictive_value is None
    assert found.negative_predictive_value.estimate == pytest.approx(0.8)
    assert (found.missed_per_1000.estimate, found.missed_per_1000.high) == (200, 200)
    always = predictive_values.at_prevalence(accuracy(30, 30, 0, 970), 0.2, 0.95)
    assert always.negative_predictive_value is None
    assert always.positive_predictive_value.estimate == pytest.approx(0.2)


def test_a_model_without_a_mistake_is_right_by_its_estimate_and_not_for_certain():
    found = predictive_values.at_prevalence(accuracy(30, 30, 970, 970), 0.01, 0.95).positive_predictive_value
    assert (found.estimate, found.high) == (1, 1)
    assert found.low < 0.95


def test_one_cluster_leaves_everything_open():
    alone = share(np.arange(10) < 5, np.zeros(10))
    found = predictive_values.at_prevalence(Accuracy(alone, alone, 0.0), 0.3, 0.95).positive_predictive_value
    assert (found.estimate, found.low, found.high) == (pytest.approx(0.3), 0, 1)


def test_intervals_hold_the_truth_as_often_as_they_say():
    generator, held = np.random.default_rng(0), np.zeros(2)
    prevalence, sensitivity, specificity = 0.05, 0.79, 0.93
    positive = expit(logit(prevalence) + np.log(sensitivity / (1 - specificity)))
    negative = expit(logit(1 - prevalence) + np.log(specificity / (1 - sensitivity)))
    for _ in range(500):
        drawn = accuracy(generator.binomial(40, sensitivity), 40, generator.binomial(560, specificity), 560)
        found = predictive_values.at_prevalence(drawn, prevalence, 0.95)
        values = (found.positive_predictive_value, positive), (found.negative_predictive_value, negative)
        held += [value.low <= truth <= value.high for value, truth in values]
    assert ((held >= 0.925 * 500) & (held <= 0.98 * 500)).all(), held / 500

"""What a call of a class is worth where the class is rarer, or more frequent, than in the test rows.

Sensitivity and specificity are taken to stay as they are; by Bayes' theorem the predictive values then follow from the
prevalence alone.
"""

from typing import NamedTuple

import numpy as np
import scipy

from core.base.results import Result
from core.scores.intervals import Interval
from core.scores.parts import Rows, at, log_ratio
from core.scores.statistics import Estimate, Groups, interval, share, with_interval


class Rates(NamedTuple):
    """How often rows of a class, and of the others, are called right, and the likelihood ratios that follow."""

    sensitivity: Estimate
    specificity: Estimate
    positive: Estimate  # the logarithm of how much likelier a row of the class is called it than another
    negative: Estimate  # the logarithm of how much likelier another row is called another than one of the class


def rates(of_class: Rows, called: Rows, groups: Groups, second: Groups | None = None) -> Rates:
    """Return how often the rows of a class, and the others, are called right; both have rows."""
    right = of_class == called
    sensitivity, specificity = (share(right[rows], groups[rows], at(second, rows)) for rows in (of_class, ~of_class))
    ratios = log_ratio(called, of_class, groups, second), log_ratio(~called, ~of_class, groups, second)
    return Rates(sensitivity, specificity, *ratios)


class AtPrevalence(Result):
    """What the model's calls of a class are worth where the class has another share of the rows; nothing else changes.

    Intervals by the delta method on the logit scale: Mercaldo, Lau & Zhou, Statistics in Medicine 26 (2007), with the
    covariance of sensitivity and specificity where clusters have rows of both.
    """

    prevalence: float
    """The share of the rows that are of the class, one of `evaluation.prevalences`: between 0 and 1."""
    positive_predictive_value: Interval | None
    """Share of the rows called the class that are of it: 0 to 1; null where the model calls no test row the class."""
    negative_predictive_value: Interval | None
    """Share of the rows called another class that are of another: 0 to 1; null where it calls every test row the
    class."""
    missed_per_1000: Interval
    """Rows of the class that are called another, of 1,000 rows of all classes: 0 to 1,000."""
    false_alarms_per_1000: Interval
    """Rows of other classes that are called the class, of 1,000 rows of all classes: 0 to 1,000."""


def at_prevalence(rates: Rates, prevalence: float, confidence: float) -> AtPrevalence:
    """Return what the calls are worth at a prevalence between 0 and 1."""
    hits, calls_off = rates.sensitivity.value, rates.specificity.value
    found, false = hits * prevalence, (1 - calls_off) * (1 - prevalence)
    missed, others = prevalence - found, 1 - prevalence - false
    sensitivity, specificity = (with_interval(rate, confidence, 0, 1) for rate in rates[:2])
    return AtPrevalence(
        prevalence=prevalence,
        positive_predictive_value=_predictive_value(found, false, rates.positive, prevalence, confidence),
        negative_predictive_value=_predictive_value(others, missed, rates.negative, 1 - prevalence, confidence),
        missed_per_1000=_failures(sensitivity, 1000 * prevalence),
        false_alarms_per_1000=_failures(specificity, 1000 * (1 - prevalence)),
    )


def _predictive_value(
    right: float, wrong: float, ratio: Estimate, prevalence: float, confidence: float
) -> Interval | None:
    """Return the share of the calls that are right, of the shares of all rows that are called so rightly and wrongly.

    Its logit is that of the prevalence plus the logarithm of the likelihood ratio. The interval holds the estimate
    even where that is 0 or 1.
    """
    if right + wrong == 0:
        return None
    chances = scipy.special.logit(prevalence) + np.asarray(interval(ratio, confidence))
    low, high = scipy.special.expit(chances)
    estimate = right / (right + wrong)
    return Interval(estimate=estimate, low=min(float(low), estimate), high=max(float(high), estimate))


def _failures(right: Interval, rows: float) -> Interval:
    return Interval(estimate=rows * (1 - right.estimate), low=rows * (1 - right.high), high=rows * (1 - right.low))

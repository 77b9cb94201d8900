"""What a call of a class is worth where the class is rarer, or more frequent, than in the test rows.

Sensitivity and specificity are taken to stay as they are; by Bayes' theorem the predictive values then follow from the
prevalence alone.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit

from core.base.results import Result
from core.scores.intervals import Interval
from core.scores.parts import difference
from core.scores.statistics import Estimate, interval, with_interval


class Accuracy(NamedTuple):
    """How often rows of a class, and of the others, are called right, and how the two vary together over clusters."""

    sensitivity: Estimate
    specificity: Estimate
    correlation: float


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


def at_prevalence(accuracy: Accuracy, prevalence: float, confidence: float) -> AtPrevalence:
    """Return what the calls are worth at a prevalence between 0 and 1."""
    sensitivity, specificity = (with_interval(rate, confidence, 0, 1) for rate in accuracy[:2])
    called = accuracy.sensitivity.value > 0 or accuracy.specificity.value < 1
    others = accuracy.sensitivity.value < 1 or accuracy.specificity.value > 0
    mirrored = Accuracy(accuracy.specificity, accuracy.sensitivity, accuracy.correlation)
    return AtPrevalence(
        prevalence=prevalence,
        positive_predictive_value=_predictive_value(accuracy, prevalence, confidence) if called else None,
        negative_predictive_value=_predictive_value(mirrored, 1 - prevalence, confidence) if others else None,
        missed_per_1000=_failures(sensitivity, 1000 * prevalence),
        false_alarms_per_1000=_failures(specificity, 1000 * (1 - prevalence)),
    )


def _predictive_value(accuracy: Accuracy, prevalence: float, confidence: float) -> Interval:
    """Return the positive predictive value; of accuracy and prevalence of the other classes, the negative one.

    Its logit is that of the prevalence plus log(sensitivity) - log(1 - specificity). The interval stands around the
    middles of both, which are never 0 or 1, and holds the estimate where that is.
    """
    right, wrong = accuracy.sensitivity.value * prevalence, (1 - accuracy.specificity.value) * (1 - prevalence)
    ratio = difference(_log(_false_alarms(accuracy.specificity)), _log(accuracy.sensitivity), -accuracy.correlation)
    low, high = expit(logit(prevalence) + np.asarray(interval(ratio, confidence)))
    estimate = right / (right + wrong)
    return Interval(estimate=estimate, low=min(float(low), estimate), high=max(float(high), estimate))


def _false_alarms(specificity: Estimate) -> Estimate:
    return specificity._replace(value=1 - specificity.value, middle=1 - specificity.middle)


def _log(share: Estimate) -> Estimate:
    """Return the logarithm of a share in its middle, and its error by the delta method."""
    logarithm = float(np.log(share.middle))
    return Estimate(logarithm, logarithm, share.error / share.middle, share.freedom)


def _failures(right: Interval, rows: float) -> Interval:
    return Interval(estimate=rows * (1 - right.estimate), low=rows * (1 - right.high), high=rows * (1 - right.low))

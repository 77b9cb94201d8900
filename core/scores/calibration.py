"""Whether a model's probabilities mean what they say: error of calibration, and the temperature that mends it.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes); losses are in nats. A row's confidence
is the probability of its predicted class.
"""

import numpy as np
import scipy

from core.base.results import Result
from core.data.threshold_rows import threshold_rows
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table, log_loss
from core.scores.class_calibration import ClassCalibration, of_class
from core.scores.intervals import Interval
from core.scores.statistics import Groups, mean, numbered, with_interval

BINS = 10
SIMULATED = 1000
SHARPEST, FLATTEST = -3.0, 3.0  # the logarithms of the temperatures tried


def reliability(labels: Labels, probabilities: Table) -> Table:
    """Return mean confidence, accuracy and rows of each of ten bins of equally many rows: shape (bins, 3).

    Rows of one confidence stay in one bin, so there may be fewer bins.
    """
    member, confidence = _bins(probabilities)
    hits = (probabilities.argmax(1) == labels).astype(float)
    rows = np.bincount(member)
    return np.column_stack([np.bincount(member, confidence) / rows, np.bincount(member, hits) / rows, rows])


def _bins(probabilities: Table) -> tuple[Labels, Table]:
    confidence = probabilities.max(1)
    edges = np.quantile(confidence, np.arange(1, BINS) / BINS)
    return np.unique(np.searchsorted(edges, confidence, side="right"), return_inverse=True)[1], confidence


def calibration_error(labels: Labels, probabilities: Table) -> float:
    """Return the mean distance of confidence and accuracy over the bins of `reliability`, weighted by their rows.

    Naeini, Cooper & Hauskrecht (AAAI 2015), with bins of equal mass: Nixon et al. (CVPR Workshops 2019).
    """
    confidence, accuracy, rows = reliability(labels, probabilities).T
    return float((rows * np.abs(confidence - accuracy)).sum() / rows.sum())


def error_by_chance(probabilities: Table, groups: Groups, level: float, seed: int) -> float:
    """Return what the calibration error stays below, at the level given, where every confidence is true.

    Rows are drawn right with their confidence, those of a group together: Bröcker & Smith, Weather and Forecasting 22
    (2007). As rows of a group may be less alike than that, with groups the figure is rather too high than too low.
    """
    member, confidence = _bins(probabilities)
    count, group = numbered(groups)
    generator = np.random.default_rng(seed)
    gaps = (confidence - (generator.random(count)[group] < confidence) for _ in range(SIMULATED))
    errors = [np.abs(np.bincount(member, gap)).sum() / len(confidence) for gap in gaps]
    return float(np.quantile(errors, level))


def brier(labels: Labels, probabilities: Table) -> float:
    """Return the mean squared distance of the probabilities to the labels, summed over classes: 0 to 2.

    Brier, Monthly Weather Review 78 (1950).
    """
    from sklearn.metrics import brier_score_loss  # here, as docs/architecture.md says of results

    classes = range(probabilities.shape[1])
    return float(brier_score_loss(labels, probabilities, labels=classes, scale_by_half=False))


def tempered(probabilities: Table, temperature: float) -> Table:
    """Return the probabilities with their logits divided by the temperature: above 1 they become less confident."""
    logits = np.log(np.clip(probabilities, 1e-15, 1)) / temperature
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(odds / odds.sum(1, keepdims=True))


def temperature(labels: Labels, probabilities: Table) -> float:
    """Return the temperature of the lowest loss. Guo et al., On Calibration of Modern Neural Networks (ICML 2017).

    Not by scikit-learn's CalibratedClassifierCV, which stops where the rows lack a class or are fewer than five.
    """

    def loss(logarithm: float) -> float:
        return float(log_loss(labels, tempered(probabilities, float(np.exp(logarithm)))).mean())

    return float(np.exp(scipy.optimize.minimize_scalar(loss, bounds=(SHARPEST, FLATTEST), method="bounded").x))


class Trust(Result):
    """How far one model's probabilities on the test rows can be trusted; confidence is that in the predicted class."""

    calibration_error: float
    """Mean distance of confidence and accuracy over ten bins of equally many rows, weighted by rows: 0 to 1.
    Naeini, Cooper & Hauskrecht (AAAI 2015); bins of equal mass: Nixon et al. (CVPR Workshops 2019)."""
    by_chance_at_most: float
    """What the calibration error stays below where every confidence is true, at `evaluation.confidence`: 0 to 1.
    Bröcker & Smith, Weather and Forecasting 22 (2007)."""
    overconfidence: Interval
    """Mean confidence minus accuracy: -1 to 1, 0 where they agree."""
    by_class: list[ClassCalibration]
    """Each class against the rest, in the order of their ids; of two classes the positive one alone."""
    brier: float
    """Mean squared distance of the probabilities to the labels, summed over classes: 0 to 2, lower is better.
    Brier, Monthly Weather Review 78 (1950)."""
    loss: float
    """Mean log loss in nats: 0 or more, lower is better."""


class Calibration(Result):
    """How far one model's probabilities can be trusted, as they are and with a temperature."""

    raw: Trust
    """The probabilities as they are."""
    temperature: float
    """What the logits are divided by for the lowest log loss on validation: above 0; above 1, confidences fall.
    Guo et al., On Calibration of Modern Neural Networks (ICML 2017)."""
    scaled: Trust
    """The probabilities with that temperature."""
    loss_change: Interval
    """What the temperature does to the mean log loss on test, in nats: below 0 it helps."""


def calibration(
    labels: dict[str, Labels], splits: dict[str, Table], groups: dict[str, Groups], decision: Decision, seed: int
) -> Calibration:
    """Return how far one model's test probabilities can be trusted; the temperature is fitted on validation.

    The validation rows that are set apart for thresholds have no part in that.
    """
    chosen_on = ~threshold_rows(groups["validation"], labels["validation"])
    fitted = temperature(labels["validation"][chosen_on], splits["validation"][chosen_on])
    raw, scaled = splits["test"], tempered(splits["test"], fitted)
    change = log_loss(labels["test"], scaled) - log_loss(labels["test"], raw)
    return Calibration(
        raw=_trust(labels["test"], raw, groups["test"], decision, seed),
        temperature=fitted,
        scaled=_trust(labels["test"], scaled, groups["test"], decision, seed),
        loss_change=with_interval(mean(change, groups["test"]), decision.confidence),
    )


def _trust(labels: Labels, table: Table, groups: Groups, decision: Decision, seed: int) -> Trust:
    error, chance = calibration_error(labels, table), error_by_chance(table, groups, decision.confidence, seed)
    gap = mean(table.max(1) - (table.argmax(1) == labels), groups)
    return Trust(
        calibration_error=error,
        by_chance_at_most=chance,
        overconfidence=with_interval(gap, decision.confidence),
        by_class=[of_class(labels, table, groups, each, decision.confidence) for each in decision.ranked],
        brier=brier(labels, table),
        loss=float(log_loss(labels, table).mean()),
    )

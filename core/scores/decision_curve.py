"""Decision curves: whether acting on a model's probability of a class does more good than acting on all rows, or none.

Vickers & Elkin, Medical Decision Making 26 (2006). A row is acted on where its probability of the class reaches a
threshold. The threshold p says what is at stake: one false alarm is p / (1 - p) as bad as one more row found is good.
The net benefit is the share of rows found minus, weighed so, the share of false alarms; acting on no row has 0.
"""

from collections.abc import Sequence

import numpy as np

from core.base.results import Result
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.scores.clusters import of_mean, spread
from core.scores.intervals import Interval
from core.scores.parts import Rows
from core.scores.statistics import Estimate, Groups, with_interval

THRESHOLDS = np.linspace(0.05, 0.5, 46)  # those of the figure


class NetBenefit(Result):
    """What acting on probabilities is worth at one threshold, in rows found per row: acting on none has 0.

    Vickers & Elkin, Medical Decision Making 26 (2006).
    """

    threshold: float
    """The probability of the class from which a row is acted on, between 0 and 1: one false alarm is taken to be
    threshold / (1 - threshold) as bad as one more row found is good."""
    called: int
    """Test rows whose probability by the published model reaches the threshold."""
    finetuned: Interval
    """Net benefit of the published model: share of rows found minus weighed share of false alarms, at most 1."""
    baseline: Interval
    """Net benefit of the baseline: at most 1."""
    all: Interval
    """Net benefit of acting on every row: at most 1."""
    over_baseline: Interval
    """Published model minus baseline, on the same rows."""
    over_all: Interval
    """Published model minus acting on every row."""


def benefits(of_class: Rows, acted: Rows, threshold: float) -> Table:
    """Return each row's part of the net benefit: 1 where it is found, below 0 where it is a false alarm, else 0."""
    return np.where(of_class, 1.0, -threshold / (1 - threshold)) * acted


def curve(labels: Labels, probabilities: Table, positive: int) -> Table:
    """Return threshold, net benefit of the model and of acting on every row: shape (thresholds, 3)."""
    of_class, probability = labels == positive, probabilities[:, positive]
    everything = np.ones(len(labels), dtype=bool)
    points = [
        (at, benefits(of_class, probability >= at, at).mean(), benefits(of_class, everything, at).mean())
        for at in THRESHOLDS
    ]
    return np.asarray(points)


def net_benefits(
    labels: Labels,
    baseline: Table,
    published: Table,
    groups: Groups,
    decision: Decision,
    thresholds: Sequence[float],
    second: Groups | None = None,
) -> list[NetBenefit]:
    """Return what acting on each model's probabilities of the positive class is worth at each threshold."""
    of_class = labels == decision.target
    before, after = (table[:, decision.target] for table in (baseline, published))
    return [
        _net_benefit(of_class, before >= tried, after >= tried, groups, second, tried, decision.confidence)
        for tried in thresholds
    ]


def _net_benefit(
    of_class: Rows,
    before: Rows,
    after: Rows,
    groups: Groups,
    second: Groups | None,
    threshold: float,
    confidence: float,
) -> NetBenefit:
    """Return the net benefit of acting on the rows of either model."""
    odds = threshold / (1 - threshold)
    baseline, finetuned, everything = (
        benefits(of_class, acted, threshold) for acted in (before, after, np.ones_like(after))
    )
    typical = float(np.sqrt((everything**2).mean()))

    def estimated(values: Table, least: float, most: float) -> Interval:
        """Return the mean and its interval, as of a share with a pseudo-group: what a row counts, for and against."""
        found = spread(of_mean(values, typical, -typical), groups, second)
        mean = float(values.mean())
        return with_interval(Estimate(mean, mean + found.shift, found.error, found.freedom), confidence, least, most)

    return NetBenefit(
        threshold=threshold,
        called=int(after.sum()),
        finetuned=estimated(finetuned, -odds, 1),
        baseline=estimated(baseline, -odds, 1),
        all=estimated(everything, -odds, 1),
        over_baseline=estimated(finetuned - baseline, -max(odds, 1), max(odds, 1)),
        over_all=estimated(finetuned - everything, -1, odds),
    )

"""A technique's score at a size, and how far it would vary on other draws and on other test rows."""

from collections.abc import Sequence

import numpy as np

from core.base.results import Result
from core.decision.scoring import Table
from core.scores import uncertainty
from core.scores.clusters import Influence, spread, spread_of_difference
from core.scores.influence import of_metric
from core.scores.intervals import Interval
from core.scores.statistics import Estimate, with_interval
from study.curves.evidence import Curves


class AtSize(Result):
    """What a technique scores by the primary metric at one size, the mean over draws."""

    size: str
    """The size of the draws: 8 a class, or 25%."""
    labels: int
    """How many labels such a draw has cost."""
    draws: int
    """How many draws, or where each is all training rows how many seeds, gave different models: 1 or more."""
    score: Interval | None
    """The mean over the draws, in the metric's unit, with the interval over other draws of these training rows and
    other test rows: over test rows alone where there is one draw. Null where these rows do not define it."""
    scatter: float | None
    """Standard deviation between draws, in the metric's unit: 0 or more; null where there is one draw."""
    another: Interval | None
    """The same mean, with the interval of what one more draw of other training rows would score on other test rows: a
    prediction interval; null where two draws share so many rows that nobody knows, and of a single draw."""


MOST_SHARED = 0.75  # of the rows of two draws; the correction for them would multiply the variance by more than 4


def at_size(curves: Curves, technique: str, size: str) -> AtSize | None:
    """Return what a technique scores at a size; None where it has no draw of it."""
    tables = list(curves.draws(technique, size).values())
    if not tables:
        return None
    decision, influences = curves.decision, of_draws(curves, tables, curves.decision.primary)
    values = np.array([each.value for each in influences])
    known, several = bool(np.isfinite(values).all()), len(values) > 1
    limits = uncertainty.limits(decision.primary, decision)
    new = of_another(curves, influences, limits, curves.overlap(size)) if known else None
    return AtSize(
        size=size,
        labels=curves.cost(size),
        draws=len(tables),
        score=with_interval(of_mean(curves, influences, limits), decision.confidence) if known else None,
        scatter=float(values.std(ddof=1)) if known and several else None,
        another=with_interval(new, decision.confidence) if new else None,
    )


def of_draws(curves: Curves, tables: Sequence[Table], metric: str) -> list[Influence]:
    """Return each draw's score, and what each test row adds to it."""
    return [of_metric(metric, curves.labels, table, curves.decision) for table in tables]


def mean_influence(influences: Sequence[Influence]) -> Influence:
    """Return what each row adds to the mean over draws."""
    return influences[0]._replace(
        value=float(np.mean([each.value for each in influences])),
        rows=np.mean([each.rows for each in influences], axis=0),
        right=np.mean([each.right for each in influences], axis=0),
        wrong=np.mean([each.wrong for each in influences], axis=0),
        bias=float(np.mean([each.bias for each in influences])),
    )


def of_mean(curves: Curves, influences: Sequence[Influence], limits: tuple[float, float]) -> Estimate:
    """Return the mean score over draws, and how far it would vary on other draws and on other test rows.

    Draws and rows are crossed: the variance between draws, divided by their number, is added to that of the mean's
    influences. What draw and row have together is then counted twice, a little. Owen, Annals of Applied Statistics 1
    (2007). All draws are made from the same training rows: the interval is about these.
    """
    mean = mean_influence(influences)
    found = spread(mean, curves.groups, curves.clusters)
    rows = Estimate(mean.value, mean.value + found.shift, found.error, found.freedom, *limits, mean.bias)
    return with_draws(rows, [each.value for each in influences], 1 / len(influences))


def of_another(
    curves: Curves, influences: Sequence[Influence], limits: tuple[float, float], overlap: float
) -> Estimate | None:
    """Return what one more draw would score, of training rows that none of these has, on other test rows.

    Draws that share rows differ less than draws of other rows would: their variance is divided by the share that they
    do not have in common (Cochran, Sampling Techniques (1977), section 2.6), and the mean has the luck of the rows
    that all are made from.
    """
    count = len(influences)
    if count < 2 or overlap > MOST_SHARED:
        return None
    found = [spread(each, curves.groups, curves.clusters) for each in influences]
    error = float(np.sqrt(np.mean([each.error**2 for each in found])))
    mean = mean_influence(influences)
    middle = mean.value + float(np.mean([each.shift for each in found]))
    rows = Estimate(mean.value, middle, error, min(each.freedom for each in found), *limits, mean.bias)
    return with_draws(rows, [each.value for each in influences], 1 / count + (1 + overlap) / (1 - overlap))


def of_gain(curves: Curves, before: Sequence[Influence], after: Sequence[Influence], sign: int) -> Estimate:
    """Return by how much the second scores more, times the sign: the mean over draws, paired by draw and row."""
    means = mean_influence(before), mean_influence(after)
    found = spread_of_difference(*means, curves.groups, curves.clusters)
    gains = [sign * (late.value - early.value) for early, late in zip(before, after, strict=True)]
    gain = sign * (means[1].value - means[0].value)
    return with_draws(Estimate(gain, gain + sign * found.shift, found.error, found.freedom), gains, 1 / len(gains))


def with_draws(rows: Estimate, values: Sequence[float], times: float) -> Estimate:
    """Return the estimate with so many times the variance between draws added. Freedom: Satterthwaite (1946)."""
    if len(values) < 2 or np.isinf(rows.error):
        return rows
    between, of_rows = float(np.var(values, ddof=1)) * times, rows.error**2
    uncertain = between**2 / (len(values) - 1) + of_rows**2 / rows.freedom
    freedom = (between + of_rows) ** 2 / uncertain if uncertain else rows.freedom
    return rows._replace(error=float(np.sqrt(between + of_rows)), freedom=float(freedom))

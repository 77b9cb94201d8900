"""How far a model's score, and the difference of two models, would vary on other test rows and another training run.

The method is one for all metrics and draws nothing: each row's influence, summed over its group, each group as if
left out, Satterthwaite's degrees of freedom, pseudo-groups. benchmarks/coverage.md holds it against simulations.
"""

from collections.abc import Sequence

import numpy as np

from core.decision.decision import Decision
from core.decision.scoring import METRICS, Labels, Table
from core.scores.clusters import Groups, spread, spread_of_difference
from core.scores.influence import of_metric
from core.scores.statistics import Estimate


def limits(metric: str, decision: Decision) -> tuple[float, float]:
    """Return the lowest and the highest value that a metric can have."""
    if metric == "cost" and decision.costs is not None:
        return float(decision.costs.min()), float(decision.costs.max())
    return METRICS[metric].least, METRICS[metric].most


def span(metric: str, decision: Decision) -> float:
    """Return the largest difference that two scores can have."""
    least, most = limits(metric, decision)
    return most - least


def of_model(
    metric: str, labels: Labels, probabilities: Table, groups: Groups, decision: Decision, second: Groups | None = None
) -> Estimate:
    """Return a model's score and how far it would vary on other rows; NaN where these rows do not define it."""
    influence = of_metric(metric, labels, probabilities, decision)
    found = spread(influence, groups, second)
    middle = influence.value + found.shift
    return Estimate(influence.value, middle, found.error, found.freedom, *limits(metric, decision), influence.bias)


def of_difference(
    metric: str,
    labels: Labels,
    before: Table,
    after: Table,
    groups: Groups,
    decision: Decision,
    second: Groups | None = None,
) -> Estimate:
    """Return the second model's score minus the first's, and how far that would vary on other rows."""
    first, other = (of_metric(metric, labels, table, decision) for table in (before, after))
    found = spread_of_difference(first, other, groups, second)
    value = other.value - first.value
    return Estimate(value, value + found.shift, found.error, found.freedom)


def of_new_seed(
    metric: str,
    labels: Labels,
    seeds: Sequence[Table],
    groups: Groups,
    decision: Decision,
    second: Groups | None = None,
) -> Estimate | None:
    """Return what one more training run would score on other rows.

    The seeds' variance counts 1 + 1 / seeds times, with seeds - 1 degrees of freedom: a prediction interval. None
    where there is one seed, of whose spread nothing is known.
    """
    if len(seeds) < 2:
        return None
    found = [of_model(metric, labels, table, groups, decision, second) for table in seeds]
    values = np.array([estimate.value for estimate in found])
    between = values.var(ddof=1) * (1 + 1 / len(values))
    of_rows = float(np.mean([estimate.error**2 for estimate in found]))
    if np.isinf(of_rows):
        return found[0]._replace(value=float(values.mean()), middle=float(values.mean()))
    variance = between + of_rows
    rows_freedom = min(estimate.freedom for estimate in found)
    uncertain = between**2 / (len(values) - 1) + of_rows**2 / rows_freedom
    freedom = variance**2 / uncertain if uncertain else rows_freedom
    middle = float(np.mean([estimate.middle for estimate in found]))
    bias = float(np.mean([estimate.bias for estimate in found]))
    error, bounds = float(np.sqrt(variance)), (found[0].least, found[0].most)
    return Estimate(float(values.mean()), middle, error, float(freedom), *bounds, bias)

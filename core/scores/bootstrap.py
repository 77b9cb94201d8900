"""The paired bootstrap: how far the scores of two models, and their difference, would vary on other rows and seeds."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np

from core.scores.statistics import Estimate, Groups, numbered
from core.scores.tallied import METRICS, Labels, Table, scores_of_tallies, tallies

CELLS = 500_000  # drawn at a time, so that memory stays small


class Resampling(NamedTuple):
    """How intervals are made: so many resamples of the test rows, drawn from a seed, at a confidence in (0, 1)."""

    resamples: int
    seed: int
    confidence: float


class Comparison(NamedTuple):
    """A metric of each side, the mean over its models (seeds), and the difference of the second to the first."""

    before: Estimate
    after: Estimate
    difference: Estimate


def paired_bootstrap(
    labels: Labels, before: Sequence[Table], after: Sequence[Table], groups: Groups, resamples: int, seed: int
) -> dict[str, Comparison]:
    """Return how each metric compares: a cluster bootstrap, with standard errors over test rows and seeds together.

    They speak of the mean over as many new seeds on new rows; of a side with a single model, of that one. Both sides
    see the same clusters in each resample. One cluster, and one seed, fewer than there are is drawn: as many would
    understate the variance, that between three seeds by a third (Rao & Wu, JASA 83 (1988), section 2). Two rows are
    added to every resample of a share of rows, one that each side alone has right, so that a handful of rows cannot
    seem certain (Bonett & Price, Journal of Educational and Behavioral Statistics 37 (2012)).
    A class that a resample lacks in labels and predictions does not count in its macro F1.
    """
    count, member = numbered(groups)
    sums = [[_sum_by_group(tallies(labels, table), member, count) for table in side] for side in (before, after)]
    parts = list(_resampled(sums, resamples, np.random.default_rng(seed)))
    on_all_rows = [[scores_of_tallies(by_group.sum(0)) for by_group in side] for side in sums]
    compared = {}
    for name, metric in METRICS.items():
        scores = [np.array([of_model[name] for of_model in side]) for side in on_all_rows]
        first, second = (side.mean() for side in scores)
        value = np.array([first, second, second - first])
        added = 2 / (len(labels) + 2) if metric.is_share_of_rows else 0.0
        middle = value + added * (np.array([0.5, 0.5, 0]) - value)
        drawn = np.concatenate([part[name] for part in parts], axis=1)
        variance = np.vstack([drawn, drawn[1] - drawn[0]]).var(1, ddof=1)
        freedom = _degrees_of_freedom(variance, scores, count)
        sides = zip(value, middle, np.sqrt(variance), freedom, strict=True)
        compared[name] = Comparison(*(Estimate(*map(float, side)) for side in sides))
    return compared


def _sum_by_group(rows: Table, member: Labels, count: int) -> Table:
    sums = np.zeros((count, rows.shape[1]))
    np.add.at(sums, member, rows)
    return sums


def _resampled(
    sums: Sequence[Sequence[Table]], resamples: int, generator: np.random.Generator
) -> Iterator[dict[str, Table]]:
    """Yield the metrics of both sides, each the mean over its seeds: shape (2, some of the resamples)."""
    groups = len(sums[0][0])
    step = max(CELLS // groups, 1)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        weights = _redrawn(groups, size, generator)
        shares = [_redrawn(len(side), size, generator).T for side in sums]
        scored = [[scores_of_tallies(weights @ by_group) for by_group in side] for side in sums]
        means = {name: np.stack(list(map(_mean_over_seeds, scored, shares, repeat(name)))) for name in METRICS}
        rows, added = scored[0][0]["rows"], generator.poisson(1, (2, size))
        for name in (name for name, metric in METRICS.items() if metric.is_share_of_rows):
            means[name] = (means[name] * rows + added) / (rows + added.sum(0))
        yield means


def _mean_over_seeds(side: Sequence[dict[str, Table]], shares: Table, metric: str) -> Table:
    return np.asarray(np.average([scores[metric] for scores in side], axis=0, weights=shares))


def _redrawn(units: int, size: int, generator: np.random.Generator) -> Table:
    """Return how often each unit is among one fewer than all, drawn with replacement: shape (size, units)."""
    drawn = generator.integers(units, size=(size, max(units - 1, 1))) + units * np.arange(size)[:, None]
    return np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units).astype(np.float64)


def _degrees_of_freedom(variance: Table, scores: Sequence[Table], groups: int) -> Table:
    """Return those of both sides and of their difference: few seeds tell little of their spread.

    Satterthwaite, Biometrics Bulletin 2 (1946), for a variance between groups and one between the seeds of each side.
    """
    seeds = [np.var(side, ddof=1) / len(side) if len(side) > 1 else 0.0 for side in scores]
    between = np.minimum(np.array([[seeds[0], 0, seeds[0]], [0, seeds[1], seeds[1]]]), variance)
    of_seeds = sum(part**2 / max(len(side) - 1, 1) for part, side in zip(between, scores, strict=True))
    spread = np.maximum(variance - between.sum(0), 0) ** 2 / max(groups - 1, 1) + of_seeds
    return np.asarray(np.divide(variance**2, spread, out=np.full(3, float(max(groups - 1, 1))), where=spread > 0))

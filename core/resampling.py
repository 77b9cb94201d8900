"""The paired bootstrap: how far the scores of two models, and their difference, would vary on other rows and seeds."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from core.statistics import METRICS, Estimate, Groups, Labels, Table, numbered, scores_of_tallies, tallies

CELLS = 500_000  # drawn at a time, so that memory stays small


class Comparison(NamedTuple):
    """A metric of the baseline, of the fine-tuned models (mean over seeds), and their difference."""

    baseline: Estimate
    finetuned: Estimate
    difference: Estimate


def paired_bootstrap(
    labels: Labels, baseline: Table, finetuned: Sequence[Table], groups: Groups, resamples: int, seed: int
) -> dict[str, Comparison]:
    """Return how each metric compares, with standard errors over test rows (whole groups) and seeds together.

    They speak of new rows and a new seed; with a single seed, of that one. Both models see the same rows in each
    resample. One group, and one seed, fewer than there are is drawn: as many would understate the variance, that
    between three seeds by a third (Rao & Wu, JASA 83 (1988), section 2). Two rows are added to every resample of the
    accuracy, one that each side alone has right, so that a handful of rows cannot seem certain (Bonett & Price,
    Journal of Educational and Behavioral Statistics 37 (2012)).
    A class that a resample lacks in labels and predictions does not count in its macro F1.
    """
    count, member = numbered(groups)
    sums = [_sum_by_group(tallies(labels, each), member, count) for each in (baseline, *finetuned)]
    parts = list(_resampled(sums, resamples, np.random.default_rng(seed)))
    point = [scores_of_tallies(each.sum(0)) for each in sums]
    found = {}
    for metric in METRICS:
        base, *tuned = (float(each[metric]) for each in point)
        value = np.array([base, np.mean(tuned), np.mean(tuned) - base])
        added = 2 / (len(labels) + 2) if metric == "accuracy" else 0.0
        middle = value + added * (np.array([0.5, 0.5, 0]) - value)
        drawn = np.concatenate([part[metric] for part in parts], axis=1)
        variance = np.vstack([drawn, drawn[1] - drawn[0]]).var(1, ddof=1)
        freedom = _degrees_of_freedom(variance, tuned, count)
        sides = zip(value, middle, np.sqrt(variance), freedom, strict=True)
        found[metric] = Comparison(*(Estimate(*map(float, side)) for side in sides))
    return found


def _sum_by_group(rows: Table, member: Labels, count: int) -> Table:
    sums = np.zeros((count, rows.shape[1]))
    np.add.at(sums, member, rows)
    return sums


def _resampled(sums: Sequence[Table], resamples: int, generator: np.random.Generator) -> Iterator[dict[str, Table]]:
    """Yield the metrics of the baseline and of the mean over seeds, shape (2, some of the resamples)."""
    groups, seeds = len(sums[0]), len(sums) - 1
    step = max(CELLS // groups, 1)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        weights, shares = _redrawn(groups, size, generator), _redrawn(seeds, size, generator).T
        base, *tuned = (scores_of_tallies(weights @ each) for each in sums)
        found = {
            metric: np.stack([base[metric], np.average([each[metric] for each in tuned], axis=0, weights=shares)])
            for metric in METRICS
        }
        added = generator.poisson(1, (2, size))
        found["accuracy"] = (found["accuracy"] * base["rows"] + added) / (base["rows"] + added.sum(0))
        yield found


def _redrawn(units: int, size: int, generator: np.random.Generator) -> Table:
    """Return how often each unit is among one fewer than all, drawn with replacement: shape (size, units)."""
    drawn = generator.integers(units, size=(size, max(units - 1, 1))) + units * np.arange(size)[:, None]
    return np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units).astype(np.float64)


def _degrees_of_freedom(variance: Table, tuned: Sequence[float], groups: int) -> Table:
    """Return those of the baseline, the fine-tuned models and the difference: few seeds tell little of their spread.

    Satterthwaite, Biometrics Bulletin 2 (1946), for a variance between groups and one between seeds.
    """
    seeds = max(len(tuned) - 1, 1)
    between = np.var(tuned, ddof=1) / len(tuned) if len(tuned) > 1 else 0.0
    of_seeds = np.minimum(np.array([0, between, between]), variance)
    spread = (variance - of_seeds) ** 2 / max(groups - 1, 1) + of_seeds**2 / seeds
    return np.asarray(np.divide(variance**2, spread, out=np.full(3, float(max(groups - 1, 1))), where=spread > 0))

"""How far two rounds of fine-tuning differ on the same test rows.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes); losses are in nats.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.params import Evaluation
from core.statistics import Groups, Labels, Table, numbered, surprise

RESAMPLES = 2000


def intervals(
    labels: Labels, before: Sequence[Table], now: Sequence[Table], groups: Groups, section: Evaluation
) -> dict[str, tuple[float, float]]:
    """Return the intervals of the change of accuracy and loss, each a mean over the seeds of a side.

    Paired bootstrap: whole groups of rows, the same for both sides, and the seeds of each side are redrawn.
    Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 (clustered data) and 13 (percentiles).
    """
    generator = np.random.default_rng(section.seed)
    _, member = numbered(groups)
    sizes = np.bincount(member)
    drawn = _draws(generator, len(sizes))
    shares = [_draws(generator, len(side)) / len(side) for side in (before, now)]
    found = {}
    for name, score in (("accuracy", _hits), ("loss", surprise)):
        means = []
        for side, share in zip((before, now), shares, strict=True):
            sums = np.stack([np.bincount(member, score(labels, each)) for each in side], axis=1)
            means.append((drawn @ sums * share).sum(1) / (drawn @ sizes))
        tail = (1 - section.confidence) / 2
        low, high = np.quantile(means[1] - means[0], [tail, 1 - tail])
        found[name] = (float(low), float(high))
    return found


def _draws(generator: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Return how often each of so many units is drawn: shape (resamples, units)."""
    return generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)


def _hits(labels: Labels, probabilities: Table) -> Table:
    hits: Table = (probabilities.argmax(1) == labels).astype(np.float64)
    return hits

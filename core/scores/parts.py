"""Two shares of different rows of one test set, such as sensitivity and specificity, or those of two slices.

A cluster may have rows of both, so that they rise and fall together: what is computed of both must count that.
"""

import numpy as np
from numpy.typing import NDArray

from core.decision.scoring import Table
from core.scores.statistics import Estimate, Groups, apart, numbered, share

Rows = NDArray[np.bool_]


def correlation(hits: Rows, first: Rows, second: Rows, groups: Groups) -> float:
    """Return how the shares of hits among the first and among the second rows vary together over clusters: -1 to 1.

    It is that of the sums over clusters of each row's distance to its share, the linear part of both:
    Cochran, Sampling Techniques (1977), section 9.3. No cluster with rows of both, or no distance at all, gives 0.
    """
    sums = [_residuals(hits, rows, groups) for rows in (first, second)]
    size = np.sqrt((sums[0] ** 2).sum() * (sums[1] ** 2).sum())
    return float((sums[0] * sums[1]).sum() / size) if size > 0 else 0.0


def _residuals(hits: Rows, rows: Rows, groups: Groups) -> Table:
    count, member = numbered(groups)
    distances = hits[rows] - hits[rows].mean()
    return np.asarray(np.bincount(member[rows], distances, minlength=count), dtype=np.float64)


def difference(first: Estimate, second: Estimate, correlation: float) -> Estimate:
    """Return how far the second figure lies above the first, where they vary together as the correlation says."""
    independent = apart(first, second)
    if not np.isfinite(independent.error):
        return independent
    variance = independent.error**2 - 2 * correlation * first.error * second.error
    return independent._replace(error=float(np.sqrt(max(variance, 0))))


def shares_apart(hits: Rows, first: Rows, second: Rows, groups: Groups) -> Estimate:
    """Return how far the share of hits among the second rows lies above that among the first."""
    before, after = (share(hits[rows], groups[rows]) for rows in (first, second))
    return difference(before, after, correlation(hits, first, second, groups))

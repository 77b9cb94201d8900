"""Two shares that make up one test set, such as sensitivity and specificity, or those inside a slice and outside it.

A group may have rows of both, so that they rise and fall together: what is computed of both must count that.
"""

import numpy as np
from numpy.typing import NDArray

from core.decision.scoring import Table
from core.scores.clusters import Influence, spread
from core.scores.statistics import Estimate, Groups, share

Rows = NDArray[np.bool_]


def at(second: Groups | None, rows: Rows) -> Groups | None:
    """Return the second grouping of some rows, where there is one."""
    return None if second is None else second[rows]


def difference(hits: Rows, inside: Rows, groups: Groups, second: Groups | None = None) -> Estimate:
    """Return how far the share of hits among the rows inside lies above that among all others."""
    return _sum(hits, inside, np.array([-1.0, 1.0]), groups, second)


def log_ratio(hits: Rows, inside: Rows, groups: Groups, second: Groups | None = None) -> Estimate:
    """Return the logarithm of the share of hits among the rows inside over that among all others.

    By the delta method, around shares that have a pseudo-group more, which are never 0. Where the rows of one side are
    a single group, nothing is known of it: its error is infinite.
    """
    found = [share(hits[rows], groups[rows], at(second, rows)) for rows in (~inside, inside)]
    if any(np.isinf(each.error) for each in found):
        return Estimate(np.nan, np.nan, np.inf, 1.0)
    shares = np.array([each.middle for each in found])
    value = float(np.log(shares[1]) - np.log(shares[0]))
    return _sum(hits, inside, np.array([-1.0, 1.0]) / shares, groups, second)._replace(value=value, middle=value)


def _sum(hits: Rows, inside: Rows, weights: Table, groups: Groups, second: Groups | None) -> Estimate:
    """Return the sum of both shares by their weights, that of the rows inside last."""
    part, rows = inside.astype(np.int64), np.bincount(inside, minlength=2)
    shares = np.bincount(inside, hits, 2) / rows
    each = weights / rows  # what one row adds
    influence = Influence(
        value=float((weights * shares).sum()),
        rows=(hits - shares[part]) * each[part],
        classes=part,
        right=(1 - shares) * each,
        wrong=-shares * each,
        added=2.0,
    )
    found = spread(influence, groups, second)
    return Estimate(influence.value, influence.value + found.shift, found.error, found.freedom)

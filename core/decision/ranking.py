"""How well scores rank the rows of a class above the others. Without scikit-learn, which training need not load.

A class's rows are marked in `positive`, shape (rows,); its scores have the same shape.
"""

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]
Marks = NDArray[np.bool_]


def roc_auc(positive: Marks, scores: Table) -> float:
    """Return the chance that a row of the class has a higher score than another one, ties as half: Mann & Whitney.

    NaN where the class has no rows, or all.
    """
    if positive.all() or not positive.any():
        return float("nan")
    return float(placements(positive, scores)[positive].mean())


def placements(positive: Marks, scores: Table) -> Table:
    """Return for each row the share of the rows of the other kind that it is ranked right against, ties as half.

    DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988).
    """
    inside, outside = scores[positive], scores[~positive]
    placed = np.empty(len(scores))
    placed[positive] = _share_below(np.sort(outside), inside)
    placed[~positive] = 1 - _share_below(np.sort(inside), outside)
    return placed


def _share_below(ordered: Table, scores: Table) -> Table:
    below = np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right")
    return np.asarray(below / 2 / max(len(ordered), 1))


def average_precision(positive: Marks, scores: Table) -> float:
    """Return the precision at each threshold, weighted by the recall that it adds. NaN where the class has no rows."""
    if not positive.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)  # rows of one score pass the threshold together
    found = np.cumsum(positive[order])[last]
    reached = np.flatnonzero(last) + 1
    return float((np.diff(found, prepend=0) * found / reached).sum() / positive.sum())

"""Two families of learning curves, fitted to many resampled curves at once.

POW4, y = a - b (n + d)^-c, and MMF4, y = (a b + c n^d) / (b + n^d), extrapolate best of those compared by Viering &
Loog, The Shape of Learning Curves: a Review, IEEE Transactions on Pattern Analysis and Machine Intelligence 45 (2023),
section 4, and Mohr, Viering, Loog & van Rijn, LCDB 1.0, ECML PKDD (2022). Both are a top, and a drop from it that
shrinks with the number of labels n: y = top - drop * shape(n), which is linear in top and drop. So the squared error is
least for one top and one drop at each shape (Golub & Pereyra, SIAM Journal on Numerical Analysis 10 (1973)), and of a
grid of shapes the best is sure to be found, whatever the start.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
PARAMETERS = 4  # of either family
FAMILIES = ("POW4", "MMF4")


@dataclass(frozen=True)
class Grid:
    """The shapes of one family, for labels that lie around those of a curve."""

    family: str
    least: float  # the fewest labels of the curve
    most: float  # the most

    @cached_property
    def parameters(self) -> tuple[Values, Values]:
        """Return the two parameters of each shape: POW4's c and d, MMF4's d and the labels of half the drop."""
        if self.family == "POW4":
            first, second = np.geomspace(0.05, 2, 40), self.least * np.array([-0.5, 0, 0.5, 1, 2, 4, 8, 16, 32])
        else:
            first, second = np.geomspace(0.2, 3, 28), np.geomspace(self.least / 4, self.most * 8, 48)
        rising, other = np.meshgrid(first, second, indexing="ij")
        return rising.ravel(), other.ravel()

    def shapes(self, labels: Values) -> Values:
        """Return the share of the drop that is left at so many labels: shape (shapes, labels)."""
        power, other = (parameter[:, None] for parameter in self.parameters)
        if self.family == "POW4":
            return np.asarray(((labels + other) / (self.least + other)) ** -power)
        return np.asarray(1 / (1 + (labels / other) ** power))


@dataclass(frozen=True)
class Fit:
    """One family's best curves for many resampled curves."""

    grid: Grid
    shape: NDArray[np.int64]  # of each resample the number of its shape
    top: Values
    drop: Values
    error: Values  # the weighted sum of squares that is left

    def at(self, labels: Values) -> Values:
        """Return the scores at so many labels: shape (resamples, labels)."""
        return self.top[:, None] - self.drop[:, None] * self.grid.shapes(labels)[self.shape]


def fitted(family: str, labels: Values, scores: Values, weights: Values, most: float) -> Fit:
    """Return a family's best curves: `scores`, to be maximized, have shape (resamples, labels); none passes `most`."""
    grid = Grid(family, float(labels.min()), float(labels.max()))
    shapes, share = grid.shapes(labels), weights / weights.sum()
    shape_mean, score_mean = shapes @ share, scores @ share
    centered = shapes - shape_mean[:, None]
    variance = np.maximum((centered**2) @ share, 1e-12)
    drop = np.maximum(-(scores * share) @ centered.T / variance, 0)  # (resamples, shapes)
    top = score_mean[:, None] + drop * shape_mean
    capped = top > most
    below = ((most - scores) * share) @ shapes.T / ((shapes**2) @ share)
    drop, top = np.where(capped, np.maximum(below, 0), drop), np.minimum(top, most)
    left = _left(scores, shapes, top, drop, weights)
    best = left.argmin(1)
    rows = np.arange(len(scores))
    return Fit(grid, best, top[rows, best], drop[rows, best], left[rows, best])


def _left(scores: Values, shapes: Values, top: Values, drop: Values, weights: Values) -> Values:
    """Return the weighted squared error of each resample (rows) at each shape (columns), without a table for both."""
    square = (scores**2 @ weights)[:, None] + top**2 * weights.sum() + drop**2 * (shapes**2 @ weights)
    crossed = top * (scores @ weights)[:, None] - drop * ((scores * weights) @ shapes.T)
    return np.asarray(square - 2 * crossed - 2 * top * drop * (shapes @ weights))

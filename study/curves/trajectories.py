"""Curves that resampled draws give, carried beyond the largest size, and whether they may be."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.base.results import Result
from core.scores.intervals import Interval
from study.curves.fits import FAMILIES, PARAMETERS, Fit, Values, fitted
from study.curves.resamples import SEED, Points

FEWEST = PARAMETERS + 1  # sizes of a fit: one is held back
TOLERANCE = 1e-9  # of rounding, where no draw differs from another
RISING = 0.95  # share of the resamples in which a curve that rises ends higher than it starts
FLAT = "the curve does not rise"


class HeldBack(Result):
    """The largest size, predicted from the smaller ones: the test of a fit."""

    size: str
    """The size."""
    labels: int
    """How many labels it has cost."""
    predicted: Interval
    """What the smaller sizes predict for its mean score on the same test rows, in the metric's unit."""
    found: float
    """Its mean score."""


@dataclass(frozen=True)
class Trajectories:
    """What scores may be with more labels, by resample: those of POW4 first, then those of MMF4."""

    points: Points
    missed: float = 0.0  # by how much the largest size missed its prediction: as far, a step further, as one deviation
    other_rows: bool = False  # whether test rows are drawn anew, too

    @cached_property
    def fits(self) -> list[Fit]:
        """Return the curves of each family."""
        known = self.points
        means = known.resampled + known.of_other_rows if self.other_rows else known.resampled
        return [fitted(family, known.labels, means, known.weights, known.most) for family in FAMILIES]

    def curves(self, labels: Values) -> Values:
        """Return the fitted curves: shape (resamples of both families, labels)."""
        return np.concatenate([fit.at(labels) for fit in self.fits])

    def scores(self, labels: Values) -> Values:
        """Return what models of so many labels may score, off the curves as measured ones are: the same shape."""
        curves = self.curves(labels)
        rough, further, own = np.random.default_rng(SEED + 2).normal(0, 1, (3, len(curves), 1))
        new = np.maximum(1 - self.points.labels[-1] / labels, 0)  # share of the rows that no measured model has seen
        off = rough * self.points.roughness + further * self.missed * self._steps(labels)
        return np.asarray(curves + off + own * np.sqrt(new * self.points.scatter(labels)))

    def gains(self, more: float) -> Values:
        """Return by how much models of so many labels more may be better than the largest size: one a resample."""
        known, last = self.points, float(self.points.means[-1])
        rows = np.tile(known.of_other_rows[:, -1], len(FAMILIES)) if self.other_rows else 0
        return np.asarray(self.scores(known.labels[-1:] + more)[:, 0] - last - rows)

    def _steps(self, labels: Values) -> Values:
        """Return how far beyond the largest size they lie, in steps as far as that lies beyond the one before."""
        *_, before, largest = self.points.labels
        return np.asarray(np.log(np.maximum(labels / largest, 1)) / np.log(largest / before))


def ends(values: Values, confidence: float) -> tuple[float, float, float]:
    """Return the middle of resamples, and the ends between which the given share of them lies."""
    middle, low, high = np.quantile(values, [0.5, (1 - confidence) / 2, (1 + confidence) / 2])
    return float(middle), float(low), float(high)


def tried(points: Points, confidence: float) -> tuple[HeldBack, float]:
    """Return how the smaller sizes predict the largest, and by how much they miss it.

    One size may be met by luck: where the size before it can be held back too, both misses count, root mean square.
    """
    held = _held_back(points, confidence)
    smaller = points.without_largest()
    tries = [held, _held_back(smaller, confidence)] if len(smaller.sizes) >= FEWEST else [held]
    return held, float(np.sqrt(np.mean([(each.found - each.predicted.estimate) ** 2 for each in tries])))


def _held_back(points: Points, confidence: float) -> HeldBack:
    labels = points.labels[-1:]
    middle, low, high = ends(Trajectories(points.without_largest()).scores(labels)[:, 0], confidence)
    return HeldBack(
        size=points.sizes[-1],
        labels=int(labels[0]),
        predicted=Interval(estimate=middle, low=low, high=high),
        found=float(points.means[-1]),
    )


def refusal(points: Points, held: HeldBack) -> str | None:
    """Return why nothing is predicted from these sizes, or None where it may be."""
    low, high = held.predicted.low, held.predicted.high
    if not low - TOLERANCE <= held.found <= high + TOLERANCE:
        return f"held back, {held.size} was not where the smaller sizes predict it"
    first, last = points.resampled[:, 0], points.resampled[:, -1]
    if (last > first).mean() < RISING:
        return FLAT
    if high - low > np.ptp(points.means[1:]):  # the smallest size may lie far below all others
        return f"held back, {held.size} was predicted no closer than the curve rises from the second size on"
    return None

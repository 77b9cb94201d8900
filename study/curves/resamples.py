"""A technique's mean scores by the number of labels, and how they would be with other draws and other test rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.decision.scoring import Table
from core.scores.clusters import Groups, Influence, numbered
from study.curves.estimates import mean_influence
from study.curves.evidence import Curves
from study.curves.fits import FAMILIES, PARAMETERS, Values, fitted

RESAMPLES = 400
SEED = 0
OTHER_MIX = 0.05  # of a draw's rows that are of other classes than in a draw that has all classes in their shares
ROWS_OF_CLASS = 2  # of each class, at least
LEAST_VARIANCE = 1e-8  # of a mean: so that a size without scatter does not carry a fit alone
STEEPEST = -1.5  # power of the labels with which the variance between draws may shrink: -1 is that of a mean


@dataclass(frozen=True)
class Points:
    """The scores of one technique at sizes from the smallest, turned so that more is better."""

    sizes: Sequence[str]
    labels: Values
    values: Sequence[Mapping[int, float]]  # of each size, by repetition
    rows: Sequence[Values]  # what each test row adds to each size's mean
    overlaps: Values  # of two draws of each size
    groups: Sequence[Groups]  # of the test rows: what they share, and what besides
    most: float  # what a score can be at most

    @cached_property
    def means(self) -> Values:
        """Return each size's mean over its draws."""
        return np.array([np.mean(list(draws.values())) for draws in self.values])

    @property
    def rise(self) -> float:
        """Return by how much the best mean lies above the worst."""
        return float(np.ptp(self.means))

    def without_largest(self) -> "Points":
        """Return the same scores but for those of the largest size."""
        return replace(
            self,
            sizes=self.sizes[:-1],
            labels=self.labels[:-1],
            values=self.values[:-1],
            rows=self.rows[:-1],
            overlaps=self.overlaps[:-1],
        )

    @cached_property
    def _scatter(self) -> tuple[float, float]:
        """Return the logarithm and the power of the variance between draws that share no row: one line for all sizes.

        Of five draws alone nobody knows it. Draws that share rows differ less: Cochran, Sampling Techniques (1977),
        section 2.6.
        """
        freedom = np.array([len(draws) - 1 for draws in self.values])
        found = np.array([np.var(list(draws.values()), ddof=min(1, len(draws) - 1)) for draws in self.values])
        known = (freedom > 0) & (self.overlaps < 0.95) & (found > 0)
        if not known.any():
            return -np.inf, 0.0
        labels = np.log(self.labels[known])
        variances = np.log(found[known] / (1 - self.overlaps[known]))
        power = np.polyfit(labels, variances, 1, w=np.sqrt(freedom[known]))[0] if known.sum() > 2 else -0.5
        power = float(np.clip(power, STEEPEST, 0))
        return float(np.average(variances - power * labels, weights=freedom[known])), power

    def scatter(self, labels: Values) -> Values:
        """Return the variance between draws of so many labels that share no row."""
        level, power = self._scatter
        return np.asarray(np.exp(level + power * np.log(labels)))

    @cached_property
    def variances(self) -> Values:
        """Return the variance of each size's mean over draws of these training rows."""
        draws = np.array([len(each) for each in self.values])
        return np.asarray(self.scatter(self.labels) * (1 - self.overlaps) / draws + LEAST_VARIANCE)

    @cached_property
    def roughness(self) -> float:
        """Return the standard deviation, beyond that of draws, with which means lie off both families' best curves.

        So much that the squared errors are as large as their freedom: Paule & Mandel, Journal of Research of the
        National Bureau of Standards 87 (1982).
        """
        freedom = max(len(self.labels) - PARAMETERS, 1)
        for rough in (0, *np.geomspace(1e-3, 1, 30) * self.rise):
            weights = 1 / (self.variances + rough**2)
            if min(self._error(family, weights) for family in FAMILIES) <= freedom:
                return float(rough)
        return self.rise

    def _error(self, family: str, weights: Values) -> float:
        return float(fitted(family, self.labels, self.means[None], weights, self.most).error[0])

    @cached_property
    def weights(self) -> Values:
        """Return what each mean weighs in a fit."""
        return np.asarray(1 / (self.variances + self.roughness**2))

    @cached_property
    def resampled(self) -> Values:
        """Return the means of resampled draws, rough as they are: shape (resamples, sizes).

        A repetition's draws are nested, so it is drawn again as a whole, among those of as many sizes.
        """
        generator = np.random.default_rng(SEED)
        numbers = sorted({number for draws in self.values for number in draws})
        held = {number: tuple(number in draws for draws in self.values) for number in numbers}
        kinds = sorted(set(held.values()), reverse=True)
        moved = np.zeros((RESAMPLES, len(self.labels)))
        for kind in kinds:
            alike = [number for number in numbers if held[number] == kind]
            times = generator.multinomial(len(alike), np.full(len(alike), 1 / len(alike)), RESAMPLES) - 1
            off = [[draws.get(number, mean) - mean for draws, mean in self._sizes] for number in alike]
            moved += times @ np.array(off)
        draws = np.array([len(each) for each in self.values])
        freedom = draws - np.sum(kinds, axis=0)  # few draws lie closer to their mean than to the true one
        wider = np.sqrt(draws / np.maximum(freedom, 1))
        rough = generator.normal(0, 1, moved.shape) * self.roughness
        return np.asarray(self.means + moved / draws * wider + rough)

    @property
    def _sizes(self) -> list[tuple[Mapping[int, float], float]]:
        return list(zip(self.values, self.means, strict=True))

    @cached_property
    def of_other_rows(self) -> Values:
        """Return what other test rows would add to the means, the same rows to all: shape (resamples, sizes).

        Whole groups are drawn again, by the grouping of which that changes the largest size's mean more.
        """
        sums = [_sums(self.rows, groups) for groups in self.groups]
        wider = max(sums, key=lambda each: float((each[:, -1] ** 2).sum()))
        count = len(wider)
        times = np.random.default_rng(SEED + 1).multinomial(count, np.full(count, 1 / count), RESAMPLES)
        return np.asarray((times - 1) @ wider)


def _sums(rows: Sequence[Values], groups: Groups) -> Values:
    count, member = numbered(groups)
    return np.column_stack([np.bincount(member, each, count) for each in rows])


def comparable(curves: Curves, size: str) -> bool:
    """Return whether a size lies on the same curve as all training rows.

    A draw with the classes in other shares lies on another, and so does one with a single row of a class, of which
    nothing can be chosen by cross-validation.
    """
    drawn, pool = curves.drawn[size], curves.pool
    other = np.abs(drawn / drawn.sum() - pool / pool.sum()).sum() / 2
    return bool(other <= OTHER_MIX and drawn[pool > 0].min() >= ROWS_OF_CLASS)


def points(
    curves: Curves, technique: str, influence: Callable[[Table], Influence], sign: int, most: float
) -> Points | None:
    """Return a technique's scores at the sizes that lie on one curve with all training rows; None of none.

    `influence` gives one draw's score, `sign` is -1 where less of it is better, and `most` what it can be then.
    """
    sizes = [size for size in curves.sizes if curves.draws(technique, size) and comparable(curves, size)]
    found = {
        size: {number: influence(table) for number, table in curves.draws(technique, size).items()} for size in sizes
    }
    sizes = [size for size in sizes if np.isfinite([each.value for each in found[size].values()]).all()]
    if not sizes:
        return None
    return Points(
        sizes=sizes,
        labels=np.array([curves.cost(size) for size in sizes], dtype=np.float64),
        values=[{number: sign * each.value for number, each in found[size].items()} for size in sizes],
        rows=[sign * mean_influence(list(found[size].values())).rows for size in sizes],
        overlaps=np.array([curves.overlap(size) for size in sizes]),
        groups=[groups for groups in (curves.groups, curves.clusters) if groups is not None],
        most=most,
    )

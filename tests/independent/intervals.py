"""Intervals and p-values, written out from what the docstrings say; by statsmodels and scipy where these have them."""

from collections import Counter
from itertools import product
from typing import NamedTuple

import numpy as np
import statsmodels.api as sm
from scipy.stats import norm, skew
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

from tests.independent.metrics import Moves, mean_moves


class Known(NamedTuple):
    """A figure, the middle of its interval, its standard error and the degrees of freedom."""

    value: float
    middle: float
    error: float
    freedom: float
    bias: float = 0.0


def kish(groups: np.ndarray) -> float:
    """Return how many groups of equal size tell as much as these."""
    sizes = np.unique(groups, return_counts=True)[1]
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def known(moves: Moves, groups: np.ndarray, before: Moves | None = None) -> Known:
    """Return a figure, or its difference to that of a model `before`, with the error of each group left out in turn.

    `groups` has a column for each grouping. Two pseudo-groups are added, as large as the design effect; degrees of
    freedom are Satterthwaite's over classes.
    """
    rows, value, bias = moves.rows, moves.value, moves.bias
    pairs = [(0.5, moves.right), (0.5, moves.wrong)]
    if before is not None:
        rows, value, bias = rows - before.rows, value - before.value, bias - before.bias
        pairs = [(0.25, one - other) for one, other in product(moves[3:5], before[3:5])]
    known_groupings = groups.reshape(len(rows), -1).T
    if min(len(set(grouping)) for grouping in known_groupings) == 1:
        return Known(value, value, np.inf, 1)
    variance, sizes, left_out = _variance(moves, rows, known_groupings)
    count, alone = sizes[0].sum(0), (rows**2).sum()
    mean_size = np.max([np.maximum(count, 1) / np.maximum((each > 0).sum(0), 1) for each in sizes], axis=0)
    design = np.minimum(max(variance / alone, 1) if alone else np.inf, mean_size)
    part = design * count / (design + count)  # of an added row, by how far it moves a figure of so many rows
    each = moves.added / len(count)
    shift = sum(share * each * (part * adds).sum() for share, adds in pairs) - bias
    extra = sum(share * each * (part * adds) ** 2 for share, adds in pairs)
    freedom = min(_freedom(moves, *each, extra) for each in zip(known_groupings, left_out, strict=True))
    return Known(value, value + shift, np.sqrt(variance + extra.sum()), freedom, bias)


def _variance(
    moves: Moves, rows: np.ndarray, groupings: np.ndarray
) -> tuple[float, list[np.ndarray], list[np.ndarray]]:
    """Return the variance, each group left out in turn, and by grouping the sizes and moves of groups by class.

    Of two groupings: the variances of both less that of rows that share both. Cameron, Gelbach & Miller (2011).
    """
    variances, all_sizes, all_left_out = [], [], []
    both = np.array(["|".join(names) for names in groupings.T])
    for grouping in [*groupings, both]:
        member = np.unique(grouping, return_inverse=True)[1]
        sizes, sums = np.zeros((2, member.max() + 1, len(moves.right)))
        np.add.at(sizes, (member, moves.classes), 1)
        np.add.at(sums, (member, moves.classes), rows)
        of_all = sizes.sum(1, keepdims=True) / len(rows)
        left_out = sums / (1 - np.minimum(sizes / np.maximum(sizes.sum(0), 1) if moves.by_class else of_all, 0.5))
        variances.append(float((left_out.sum(1) ** 2).sum()))
        all_sizes.append(sizes)
        all_left_out.append(left_out)
    *alone, shared = variances
    return max(*alone, sum(alone) - shared, 0), all_sizes[:-1], all_left_out[:-1]


def _freedom(moves: Moves, groups: np.ndarray, left_out: np.ndarray, extra: np.ndarray) -> float:
    by_class = (left_out**2).sum(0) + extra
    of_class = [groups[moves.classes == each] for each in range(len(by_class))]
    freedoms = [max(kish(each) - 1, 1) if len(each) else 1 for each in of_class]
    freedom = by_class.sum() ** 2 / (by_class**2 / freedoms).sum() if by_class.any() else np.inf
    return float(max(min(freedom, kish(groups) - 1), 1))


def share(hits: np.ndarray, groups: np.ndarray) -> Known:
    return known(mean_moves(hits.astype(float)), groups)


def plain_mean(values: np.ndarray, groups: np.ndarray) -> Known:
    """Return a mean with its cluster-robust error."""
    members = np.unique(groups, return_inverse=True)[1]
    fitted = sm.OLS(values.astype(float), np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": members})
    freedom = max(kish(members) - 1, 1)
    return Known(float(np.mean(values)), float(np.mean(values)), float(fitted.bse[0]), freedom)


def reach(found: Known, confidence: float) -> float:
    return float(student.ppf((1 + confidence) / 2, found.freedom))


def ends(
    found: Known,
    confidence: float,
    least: float = -np.inf,
    most: float = np.inf,
    clip: tuple[float, float] | None = None,
) -> dict[str, float]:
    """Return the figure with its interval: Wilson's between two bounds, on the log scale above one, else plain."""
    times = reach(found, confidence)
    if np.isinf(found.error):
        low, high = least, most
    elif found.error == 0:
        low = high = found.value
    elif np.isfinite(most):
        part, middle = ((each - least) / (most - least) for each in (found.value - found.bias, found.middle))
        part = min(max(part, 0), 1)
        rows = middle * (1 - middle) * ((most - least) / found.error) ** 2
        wilson = proportion_confint(part * rows, rows, alpha=2 * norm.sf(times), method="wilson")
        low, high = (least + (most - least) * float(end) for end in wilson)
        low, high = min(low, found.value), max(high, found.value)
    elif np.isfinite(least):
        factor = np.exp(times * found.error / (found.middle - least))
        low, high = least + (found.value - least) / factor, least + (found.value - least) * factor
    else:
        low, high = found.middle - times * found.error, found.middle + times * found.error
    return dict(
        zip(
            ("estimate", "low", "high"), (found.value, *np.clip((low, high), *(clip or (-np.inf, np.inf)))), strict=True
        )
    )


def skewed_ends(found: Known, sums: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return the interval of a sum of skewed terms: Hall (1992), his cubic transformation turned around."""
    skewness = float(skew(sums) / np.sqrt(len(sums))) if np.ptp(sums) else 0.0
    if abs(skewness) < 1e-9 or np.isinf(found.error):
        plain = ends(found, confidence)
        return plain["low"], plain["high"]

    def turned(normal: float) -> float:
        return 3 / skewness * (np.cbrt(1 + skewness * (normal - skewness / 6)) - 1)

    times = reach(found, confidence)
    return found.middle - turned(times) * found.error, found.middle - turned(-times) * found.error


def t_test(found: Known) -> float:
    if found.error == 0:
        return float(found.middle == 0)
    return float(2 * student.sf(abs(found.middle) / found.error, found.freedom))


def sign_flip(gains: np.ndarray) -> tuple[float, float]:
    """Return how often the gains sum as far from 0 with signs by chance, and how far off draws of it may be.

    Exact where gains are whole numbers or few; else by draws, on both sides of the comparison.
    """
    gains = gains[np.abs(gains) > 1e-12]
    far = abs(gains.sum()) * (1 - 1e-9)
    if np.allclose(gains, np.rint(gains), atol=1e-6):
        chances = Counter({0: 1.0})
        for gain in np.rint(gains).astype(int):
            flipped: Counter[int] = Counter()
            for total, chance in chances.items():
                flipped[total + gain] += chance / 2
                flipped[total - gain] += chance / 2
            chances = flipped
        return float(sum(chance for total, chance in chances.items() if abs(total) >= far)), 1e-5
    if len(gains) <= 14:
        return float(np.mean([abs(np.dot(signs, gains)) >= far for signs in product((1, -1), repeat=len(gains))])), 1e-5
    signs = np.random.default_rng(4711).choice((1.0, -1.0), size=(20_000, len(gains)))
    found = float((np.abs(signs @ gains) >= far).mean())
    return found, 1e-3 + 6 * np.sqrt(found * (1 - found) / 8_000)


def holm(p_values: list[float]) -> list[float]:
    """Return p-values times how many are left from the smallest on, never falling."""
    corrected, largest = [0.0] * len(p_values), 0.0
    for place, number in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min((len(p_values) - place) * p_values[number], 1.0))
        corrected[number] = largest
    return corrected

"""What a finite test set lets one conclude from a figure: its standard error, its interval and its p-value."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from core.data.group_counts import effective
from core.decision.scoring import Table
from core.scores.clusters import Groups as Groups
from core.scores.clusters import numbered as numbered
from core.scores.clusters import of_mean, spread
from core.scores.intervals import Difference, Interval


class Estimate(NamedTuple):
    """A figure of the test set, the middle of its interval, and its standard error with the degrees of freedom."""

    value: float
    middle: float
    error: float
    freedom: float
    least: float = -np.inf  # what the figure can be; its interval ends there
    most: float = np.inf
    bias: float = 0.0  # what the value has too much on average, of so few rows


def mean(values: Table, groups: Groups, added: Sequence[float] = ()) -> Estimate:
    """Return the mean over rows, with the standard error that holds where the rows of a group are alike.

    The error is infinite where all rows are one group, of which nobody knows how far others lie from it.
    Error: Cochran, Sampling Techniques (1977), section 9.3, whole groups as units. Degrees of freedom: the effective
    number of groups, Kish (1965), minus 1. Where values have bounds, these as `added` keep the interval from closing:
    it gets a pseudo-group, half of which has each.
    """
    if added:
        most, least = added
        influence = of_mean(values, most, least)
        found = spread(influence, groups)
        return Estimate(influence.value, influence.value + found.shift, found.error, found.freedom)
    count, member = numbered(groups)
    value = float(values.mean())
    residuals = np.bincount(member, values - value, minlength=count)
    error = np.sqrt(count / max(count - 1, 1) * (residuals**2).sum()) / len(values) if count > 1 else np.inf
    sizes = np.bincount(member).astype(np.float64)
    return Estimate(value, value, float(error), max(float(effective(sizes)) - 1, 1))


def share(hits: NDArray[np.bool_], groups: Groups, second: Groups | None = None) -> Estimate:
    """Return the share of rows that hold. Its interval has a pseudo-group more, of which half the rows hold.

    A second grouping, where rows share more than the first, widens it: Cameron, Gelbach & Miller (2011).
    """
    influence = of_mean(hits.astype(np.float64), 1, 0)
    found = spread(influence, groups, second)
    return Estimate(influence.value, influence.value + found.shift, found.error, found.freedom, 0, 1)


def apart(first: Estimate, second: Estimate) -> Estimate:
    """Return how far the second figure lies above the first, of other rows. Welch, Biometrika 34 (1947)."""
    parts = np.array([first.error, second.error]) ** 2
    freedom = parts.sum() ** 2 / (parts**2 / [first.freedom, second.freedom]).sum() if np.isfinite(parts).all() else 1
    return Estimate(
        second.value - first.value, second.middle - first.middle, float(np.sqrt(parts.sum())), float(freedom)
    )


def interval(estimate: Estimate, confidence: float) -> tuple[float, float]:
    """Return the interval of the figure, by Student's t on the scale that its bounds call for.

    Between two bounds it is the score interval of Wilson (Journal of the American Statistical Association 22 (1927))
    of a share of the effective number of rows; above one bound it is symmetric in the logarithm; else on the plain
    scale.
    """
    value, middle, error, freedom, least, most, bias = estimate
    reach = float(scipy.stats.t.ppf((1 + confidence) / 2, freedom))
    if np.isinf(error):
        return least, most
    if error == 0:
        return value, value
    if np.isfinite(most):
        rows = (middle - least) * (most - middle) / error**2
        likely = min(max(value - bias, least), most)
        center = (likely + reach**2 / rows * (least + most) / 2) / (1 + reach**2 / rows)
        half = np.sqrt((likely - least) * (most - likely) / rows + ((most - least) * reach / rows / 2) ** 2)
        half *= reach / (1 + reach**2 / rows)
        low, high = min(max(center - half, least), value), max(min(center + half, most), value)
        return float(low), float(high)
    if np.isfinite(least):
        factor = np.exp(reach * error / (middle - least))
        return float(least + (value - least) / factor), float(least + (value - least) * factor)
    return float(middle - reach * error), float(middle + reach * error)


def skewed_interval(estimate: Estimate, skewness: float, confidence: float) -> tuple[float, float]:
    """Return the interval on the plain scale of a sum whose terms are skewed; `skewness` is that of the sum.

    Hall's transformation, Journal of the Royal Statistical Society B 54 (1992).
    """
    if abs(skewness) < 1e-9 or np.isinf(estimate.error):
        return interval(estimate, confidence)
    reach = float(scipy.stats.t.ppf((1 + confidence) / 2, estimate.freedom))
    ends = (
        3 / skewness * (np.cbrt(1 + skewness * (sign * reach - skewness / 6)) - 1) * estimate.error for sign in (1, -1)
    )
    low, high = (estimate.middle - end for end in ends)
    return float(low), float(high)


def with_interval(estimate: Estimate, confidence: float, least: float = -np.inf, most: float = np.inf) -> Interval:
    """Return the estimate, and the ends of its interval within what the figure can be."""
    low, high = np.clip(interval(estimate, confidence), least, most)
    return Interval(estimate=estimate.value, low=float(low), high=float(high))


def p_value(difference: Estimate) -> float:
    """Return the two-sided p-value of no difference, of the same t as the interval: below 5% where that excludes 0."""
    if difference.error == 0:
        return float(difference.middle == 0)
    return float(2 * scipy.stats.t.sf(abs(difference.middle) / difference.error, difference.freedom))


def tested(difference: Estimate, confidence: float, most: float, p_holm: float) -> Difference:
    """Return a difference of at most `most` either way with its interval, its p-value and the corrected one."""
    interval = with_interval(difference, confidence, -most, most)
    return Difference(**interval.model_dump(), p_value=p_value(difference), p_holm=p_holm)


def smallest_gain(difference: Estimate, confidence: float, power: float = 0.8) -> float:
    """Return the smallest true difference that this test set would have shown with the given power.

    (t of the confidence + t of the power) times the standard error: Cohen, Statistical Power Analysis (1988).
    """
    return float(scipy.stats.t.ppf([(1 + confidence) / 2, power], difference.freedom).sum() * difference.error)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted for their number. Holm, Scandinavian Journal of Statistics 6 (1979)."""
    from statsmodels.stats.multitest import multipletests  # here, as docs/architecture.md says of results

    return [float(p) for p in multipletests(p_values, method="holm")[1]] if p_values else []

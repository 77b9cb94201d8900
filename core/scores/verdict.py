"""The verdict: whether the published model is better than every baseline, by the metric that the team decides by.

A model must beat each baseline, so that no baseline's test needs a correction: an intersection-union test, Berger,
Technometrics 24 (1982).
"""

from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

import numpy as np

from core.base.results import Result
from core.data.group_counts import FEWEST, equal_groups
from core.decision.decision import Decision
from core.decision.scoring import METRICS, Labels, Table
from core.scores import sign_flip
from core.scores.clusters import Groups, Influence, numbered, spread_of_difference
from core.scores.influence import of_metric
from core.scores.intervals import Interval
from core.scores.statistics import Estimate, interval, skewed_interval, smallest_gain, with_interval
from core.scores.uncertainty import span

Verdict = Literal["adapted", "no worse", "not shown", "harmed", "too few groups"]


class Against(Result):
    """The published model against one baseline on the same test rows; a gain above 0 is always the better score."""

    gain: Interval
    """By how much the published model's primary score is better, in the metric's unit."""
    p_value: float
    """Two-sided p-value of no gain, 0 to 1: groups change sides as wholes. Fisher's sign-flip test (1935)."""
    smallest_gain: float | None
    """The smallest true gain that these test rows would show with 80% power, above 0, in the metric's unit; null where
    they are one group. Cohen, Statistical Power Analysis (1988)."""
    better: bool
    """Whether the gain is shown to be above `evaluation.margin`: its interval is, and the sign-flip test agrees, and so
    does an interval that allows for skewed gains. Hall, Journal of the Royal Statistical Society B 54 (1992)."""
    no_worse: bool
    """Whether a loss larger than `evaluation.non_inferiority` is ruled out, by both again.
    Piaggio et al., JAMA 308 (2012)."""
    worse: bool
    """Whether a loss is shown, by both again, and one larger than `evaluation.non_inferiority` is not ruled out."""


class Judgement(Result):
    """What the test rows say about the published model."""

    verdict: Verdict
    """adapted: better than every baseline. no worse: than any baseline. harmed: worse than some baseline. too few
    groups: the test rows form fewer than 36, or unequal ones that tell no more than these. not shown: none of these."""
    groups: float
    """How many groups of equal size tell as much as those of the test rows. Kish, Survey Sampling (1965)."""
    against: dict[str, Against]
    """By the name of the baseline."""


def judge(
    labels: Labels,
    baselines: Mapping[str, Table],
    published: Table,
    groups: Groups,
    decision: Decision,
    second: Groups | None = None,
) -> Judgement:
    """Return the verdict by the primary metric, and the published model's gain over each baseline."""
    after = of_metric(decision.primary, labels, published, decision)
    against = {
        name: _against(_Pair(of_metric(decision.primary, labels, table, decision), after), groups, second, decision)
        for name, table in baselines.items()
    }
    count = equal_groups(*(known for known in (groups, second) if known is not None))
    return Judgement(verdict=_verdict(list(against.values()), count), groups=count, against=against)


def _verdict(against: list[Against], groups: float) -> Verdict:
    if groups < FEWEST:
        return "too few groups"
    if all(baseline.better for baseline in against):
        return "adapted"
    if all(baseline.no_worse for baseline in against):
        return "no worse"
    return "harmed" if any(baseline.worse for baseline in against) else "not shown"


class _Pair(NamedTuple):
    """A baseline and the published model."""

    before: Influence
    after: Influence

    def gain(self, groups: Groups, second: Groups | None, sign: int) -> Estimate:
        """Return the gain, and how far it would vary on other rows."""
        found = spread_of_difference(self.before, self.after, groups, second)
        value = sign * (self.after.value - self.before.value)
        return Estimate(value, value + sign * found.shift, found.error, found.freedom)

    def sums(self, groups: Groups, sign: int, threshold: float) -> Table:
        """Return what each group adds to the gain beyond a threshold, times the number of rows."""
        rows, gain = len(self.after.rows), sign * (self.after.value - self.before.value)
        adds = sign * (self.after.rows - self.before.rows) + (gain - threshold) * self._weights()
        count, member = numbered(groups)
        return np.asarray(rows * np.bincount(member, adds, count))

    def _weights(self) -> Table:
        """Return each row's part in the score, in all 1: that of its class, where classes count alike."""
        if not self.after.of_class:
            return np.full(len(self.after.rows), 1 / len(self.after.rows))
        rows = np.bincount(self.after.classes)
        return np.asarray(1 / rows[self.after.classes] / (rows > 0).sum())


def _against(pair: _Pair, groups: Groups, second: Groups | None, decision: Decision) -> Against:
    sign = 1 if METRICS[decision.primary].higher_is_better else -1
    gain = pair.gain(groups, second, sign)
    low, high = interval(gain, decision.confidence)
    known = [grouping for grouping in (groups, second) if grouping is not None]
    skewed = [skewed_interval(gain, _skewness(pair.sums(of, sign, gain.value)), decision.confidence) for of in known]
    surely = min(low, *(ends[0] for ends in skewed)), max(high, *(ends[1] for ends in skewed))

    @cache
    def p_value(threshold: float) -> float:
        return max(sign_flip.p_value(pair.sums(grouping, sign, threshold)) for grouping in known)

    def agrees(threshold: float) -> bool:
        return p_value(threshold) <= 1 - decision.confidence + 1e-12

    most, most_lost = span(decision.primary, decision), 0 - decision.non_inferiority
    return Against(
        gain=with_interval(gain, decision.confidence, -most, most),
        p_value=p_value(0),
        smallest_gain=smallest_gain(gain, decision.confidence) if np.isfinite(gain.error) else None,
        better=surely[0] > decision.margin and agrees(decision.margin),
        no_worse=surely[0] > most_lost and agrees(most_lost),
        worse=surely[1] < 0 and low <= most_lost and agrees(0),
    )


def _skewness(sums: Table) -> float:
    """Return that of the sum of terms that vary as these do."""
    squares = float((sums**2).sum())
    return float((sums**3).sum()) / squares**1.5 if squares else 0.0

"""Techniques against each other at each size, paired by draw and test row, and where one overtakes another."""

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np

from core.base.results import Result
from core.decision.scoring import METRICS
from core.scores import statistics, uncertainty
from core.scores.intervals import Difference
from core.scores.statistics import Estimate
from study.curves.estimates import of_draws, of_gain
from study.curves.evidence import Curves

PLAIN, AUGMENTED = "finetuning", "finetuning_augmented"


class Pair(Result):
    """Two techniques at one size."""

    first: str
    """The technique compared with."""
    second: str
    """The technique compared."""
    size: str
    """The size of the draws: 8 a class, or 25%."""
    labels: int
    """How many labels such a draw has cost."""
    draws: int
    """How many draws, or seeds, both have: 1 or more."""
    gain: Difference
    """By how much the second one's primary score is better, the mean over draws, in the metric's unit: above 0 it is
    better whatever the metric. Paired by draw and test row; `p_holm` is corrected for all pairs of the size."""
    shown: bool
    """Whether the corrected p-value shows that they differ, at `evaluation.confidence`."""


class Overtaking(Result):
    """One technique passes another as labels grow."""

    technique: str
    """The one that is better with many labels."""
    other: str
    """The one that is better, or as good, with few."""
    labels: float
    """From how many labels on, read off a straight line between two sizes, labels on a logarithmic axis."""
    a_class: float | None
    """The same in labels a class; null where a draw of the sizes around it has more of one class than of another."""
    low: float | None
    """The fewest labels: where the upper end of the gain's interval passes 0; null: below the smallest size."""
    high: float | None
    """The most labels: where the lower end passes 0 for good; null: not within the sizes."""
    shown: bool
    """Whether both are shown: the other one better at a smaller size, this one at a larger."""


def at_each_size(curves: Curves) -> list[Pair]:
    """Return all pairs of techniques, size by size from the smallest."""
    return [pair for size in curves.sizes for pair in at_size(curves, size)]


def at_size(curves: Curves, size: str) -> list[Pair]:
    """Return each pair of techniques that have draws in common, p-values corrected for all of them."""
    found: dict[tuple[str, str], tuple[int, Estimate]] = {}
    for first, second in combinations(curves.tables, 2):
        if estimate := gain(curves, first, second, size):
            found[first, second] = estimate
    p_values = statistics.holm([statistics.p_value(each) for _, each in found.values()])
    return [_pair(curves, size, names, found[names], p_holm) for names, p_holm in zip(found, p_values, strict=True)]


def gain(curves: Curves, first: str, second: str, size: str) -> tuple[int, Estimate] | None:
    """Return of how many draws, and by how much the second technique is better; None where rows or draws lack."""
    shared, metric = curves.shared(first, second, size), curves.decision.primary
    if not shared:
        return None
    before, after = (of_draws(curves, [pair[side] for pair in shared], metric) for side in (0, 1))
    if not np.isfinite([each.value for each in (*before, *after)]).all():
        return None
    return len(shared), of_gain(curves, before, after, 1 if METRICS[metric].higher_is_better else -1)


def _pair(curves: Curves, size: str, names: tuple[str, str], found: tuple[int, Estimate], p_holm: float) -> Pair:
    decision, (draws, estimate) = curves.decision, found
    most = uncertainty.span(decision.primary, decision)
    return Pair(
        first=names[0],
        second=names[1],
        size=size,
        labels=curves.cost(size),
        draws=draws,
        gain=statistics.tested(estimate, decision.confidence, most, p_holm),
        shown=p_holm <= 1 - decision.confidence + 1e-12,
    )


def turned(pair: Pair) -> Pair:
    """Return the same pair, the other technique compared."""
    gain = pair.gain
    other = gain.model_copy(update={"estimate": -gain.estimate, "low": -gain.high, "high": -gain.low})
    return pair.model_copy(update={"first": pair.second, "second": pair.first, "gain": other})


def augmentation(pairs: Sequence[Pair]) -> list[Pair]:
    """Return what augmented copies bring fine-tuning, by size; nothing where the study lacks either technique."""
    asked = {PLAIN, AUGMENTED}
    found = [pair for pair in pairs if {pair.first, pair.second} == asked]
    return [pair if pair.first == PLAIN else turned(pair) for pair in found]


def overtakings(curves: Curves, pairs: Sequence[Pair]) -> list[Overtaking]:
    """Return where a technique passes another and stays better up to the largest size that both have."""
    found = []
    for names in combinations(curves.tables, 2):
        of_both = [pair for pair in pairs if (pair.first, pair.second) == names]
        for known in (of_both, [turned(pair) for pair in of_both]):
            if crossing := _overtaking(curves, known):
                found.append(crossing)
    return found


def _overtaking(curves: Curves, pairs: Sequence[Pair]) -> Overtaking | None:
    labels = np.array([pair.labels for pair in pairs])
    gains, lows, highs = (np.array([getattr(pair.gain, end) for pair in pairs]) for end in ("estimate", "low", "high"))
    crossing = last_rise(labels, gains)
    if crossing is None:
        return None
    after = next(place for place, count in enumerate(labels) if count >= crossing)
    even = all(_even(curves, pair.size) for pair in pairs[after - 1 : after + 1])
    shown = [pair.shown * np.sign(pair.gain.estimate) for pair in pairs]
    return Overtaking(
        technique=pairs[0].second,
        other=pairs[0].first,
        labels=crossing,
        a_class=crossing / curves.decision.classes if even else None,
        low=last_rise(labels, highs),
        high=last_rise(labels, lows),
        shown=-1 in shown[:after] and 1 in shown[after:],
    )


def last_rise(labels: np.ndarray, gains: np.ndarray) -> float | None:
    """Return from how many labels on the gains stay above 0; None where they are so throughout, or not at the end."""
    places = [place for place, (before, after) in enumerate(pairwise(gains)) if before <= 0 < after]
    if not places or gains[-1] <= 0:
        return None
    place = places[-1]
    before, after = gains[place : place + 2]
    share = -before / (after - before)
    first, second = np.log(labels[place : place + 2])
    return float(np.exp(first + share * (second - first)))


def _even(curves: Curves, size: str) -> bool:
    """Return whether a draw has about as many rows of each class: within a tenth."""
    drawn = curves.drawn[size]
    return bool(drawn.max() <= 1.1 * drawn.min())

"""Whether rows that are chosen for labelling are worth more than rows drawn at random, on this data."""

import numpy as np

from core.base.results import Result
from core.decision.scoring import METRICS
from core.scores import statistics, uncertainty
from core.scores.clusters import Influence, spread_of_difference
from core.scores.intervals import Difference
from core.scores.statistics import Estimate
from study.curves.estimates import mean_influence, of_draws, with_draws
from study.curves.evidence import Curves

AT_RANDOM, BY_UNCERTAINTY, BY_DIVERSITY = "chosen_at_random", "chosen_by_uncertainty", "chosen_by_diversity"
STRATEGIES = (BY_UNCERTAINTY, BY_DIVERSITY)


class StudiedStrategy(Result):
    """What one strategy brings."""

    technique: str
    """Its technique: chosen_by_uncertainty or chosen_by_diversity."""
    sizes: list[str]
    """The sizes at which it was tried, from the smallest at which rows are chosen."""
    fewest: int
    """Labels of the smallest of them."""
    most: int
    """Labels of the largest."""
    draws: int
    """How many draws there are, 2 or more; the largest sizes may have fewer."""
    gain: Difference
    """By how much its primary score is better than that of rows drawn at random, the mean over these sizes and over
    draws, in the metric's unit: above 0 it is better whatever the metric. Paired by draw and scored row; `p_holm` is
    corrected for all strategies."""
    shown: bool
    """Whether the corrected p-value shows that it is better, at `evaluation.confidence`."""


class Choosing(Result):
    """What choosing rows for labelling brings, by the frozen encoder: reports/study/choosing.json."""

    split: str
    """The scored rows: the test split, or while `evaluation.test` is sealed the validation split."""
    primary: str
    """The metric that decides, `evaluation.primary`."""
    confidence: float
    """That of all intervals, `evaluation.confidence`."""
    pool: int
    """How many training rows are chosen from, their labels hidden until they are."""
    start: int
    """How many labelled rows, drawn from each class, the choice starts from; 0 where nothing was tried."""
    strategies: list[StudiedStrategy]
    """Each strategy that the study has tried, beside rows drawn at random; none where it has tried none."""

    @property
    def best(self) -> StudiedStrategy | None:
        """Return the strategy of the largest gain of those that are shown to be better than chance."""
        return max((each for each in self.strategies if each.shown), key=lambda each: each.gain.estimate, default=None)


def measured(curves: Curves) -> Choosing:
    """Return what each strategy brings over rows drawn at random."""
    found = {name: known for name in STRATEGIES if (known := _gain(curves, name))}
    p_values = statistics.holm([statistics.p_value(estimate) for _, _, estimate in found.values()])
    decision = curves.decision
    return Choosing(
        split=curves.split,
        primary=decision.primary,
        confidence=decision.confidence,
        pool=int(curves.pool.sum()),
        start=min(map(curves.cost, curves.sizes), default=0),
        strategies=[_strategy(curves, name, found[name], p) for name, p in zip(found, p_values, strict=True)],
    )


Gain = tuple[list[str], int, Estimate]  # at which sizes, of how many draws, and how much


def _strategy(curves: Curves, name: str, found: Gain, p_holm: float) -> StudiedStrategy:
    decision, (sizes, draws, estimate) = curves.decision, found
    gain = statistics.tested(estimate, decision.confidence, uncertainty.span(decision.primary, decision), p_holm)
    return StudiedStrategy(
        technique=name,
        sizes=sizes,
        fewest=curves.cost(sizes[0]),
        most=curves.cost(sizes[-1]),
        draws=draws,
        gain=gain,
        shown=gain.estimate > 0 and p_holm <= 1 - decision.confidence + 1e-12,
    )


Influences = dict[str, dict[int, Influence]]  # by size and draw


def _gain(curves: Curves, name: str) -> Gain | None:
    """Return what a strategy brings; None where it, or chance, was not tried on two draws of the same sizes."""
    alike = _alike(curves, name)
    at = {number: sizes for sizes, numbers in alike.items() for number in numbers}
    drawn = {size: [number for number, sizes in at.items() if size in sizes] for size in curves.sizes}
    before, after = (_influences(curves, technique, drawn) for technique in (AT_RANDOM, name))
    values = [each.value for side in (before, after) for by_draw in side.values() for each in by_draw.values()]
    if not values or not np.isfinite(values).all():
        return None
    return list(before), len(at), _estimate(curves, before, after, list(alike.values()))


def _alike(curves: Curves, name: str) -> dict[tuple[str, ...], list[int]]:
    """Return the draws that both have, by the sizes that they have them at; none that is alone with its sizes.

    The smallest size is what all start from, and of all rows nothing is chosen: neither tells them apart.
    """
    sides = [curves.tables.get(technique, {}) for technique in (AT_RANDOM, name)]
    sizes = [size for size in curves.sizes[1:] if not curves.takes_all(size)]
    shared = {size: set(sides[0].get(size, {})) & set(sides[1].get(size, {})) for size in sizes}
    found: dict[tuple[str, ...], list[int]] = {}
    for number in sorted(set().union(*shared.values())):
        found.setdefault(tuple(size for size in sizes if number in shared[size]), []).append(number)
    return {at: numbers for at, numbers in found.items() if len(numbers) > 1}


def _influences(curves: Curves, technique: str, drawn: dict[str, list[int]]) -> Influences:
    found = {}
    for size in [size for size, numbers in drawn.items() if numbers]:
        tables = [curves.tables[technique][size][number] for number in drawn[size]]
        found[size] = dict(zip(drawn[size], of_draws(curves, tables, curves.decision.primary), strict=True))
    return found


def _estimate(curves: Curves, before: Influences, after: Influences, alike: list[list[int]]) -> Estimate:
    """Return the gain over sizes, each of which counts alike, however many draws it has.

    A draw's sizes are nested: it adds to the mean what it adds at all its sizes. How much that varies is told by the
    draws `alike`, which have the same sizes.
    """
    sign = 1 if METRICS[curves.decision.primary].higher_is_better else -1
    means = [
        mean_influence([mean_influence(list(each.values())) for each in side.values()]) for side in (before, after)
    ]
    found = spread_of_difference(means[0], means[1], curves.groups, curves.clusters)
    gain = sign * (means[1].value - means[0].value)
    estimate = Estimate(gain, gain + sign * found.shift, found.error, found.freedom)
    for numbers in alike:
        added = [
            sum(
                sign * (after[size][number].value - of_size[number].value) / len(of_size) / len(before)
                for size, of_size in before.items()
                if number in of_size
            )
            for number in numbers
        ]
        estimate = with_draws(estimate, added, len(added))
    return estimate

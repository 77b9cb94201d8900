"""Whether rows that are chosen for labelling are worth more than rows drawn at random, on this data."""

import numpy as np

from core.base.results import Result
from core.decision.scoring import METRICS
from core.scores import statistics, uncertainty
from core.scores.clusters import Influence
from core.scores.intervals import Difference
from core.scores.statistics import Estimate
from study.curves.estimates import mean_influence, of_draws, of_gain
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
    """How many first draws all these sizes have: 2 or more."""
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


def _gain(curves: Curves, name: str) -> Gain | None:
    """Return what a strategy brings; None where it, or chance, was not tried on two draws of the same sizes.

    The smallest size is what all start from, and of all rows nothing is chosen: neither tells them apart.
    """
    sides = [curves.tables.get(technique, {}) for technique in (AT_RANDOM, name)]
    sizes = [size for size in curves.sizes[1:] if not curves.takes_all(size) and all(side.get(size) for side in sides)]
    numbers = sorted(set.intersection(*(set(side[size]) for size in sizes for side in sides))) if sizes else []
    before, after = ([_over_sizes(curves, technique, sizes, n) for n in numbers] for technique in (AT_RANDOM, name))
    values = [each.value for each in (*before, *after)]
    if len(numbers) < 2 or not np.isfinite(values).all():
        return None
    sign = 1 if METRICS[curves.decision.primary].higher_is_better else -1
    return sizes, len(numbers), of_gain(curves, before, after, sign)


def _over_sizes(curves: Curves, technique: str, sizes: list[str], number: int) -> Influence:
    tables = [curves.tables[technique][size][number] for size in sizes]
    return mean_influence(of_draws(curves, tables, curves.decision.primary))

"""Every metric of a model, and of the difference of two on the same rows, with intervals and p-values."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from core.decision.decision import Decision
from core.decision.scoring import METRICS, ByMetric, Labels, Table
from core.scores import statistics, uncertainty
from core.scores.intervals import Difference, Interval
from core.scores.statistics import Groups

T = TypeVar("T")


class ScoredRows(NamedTuple):
    """What models are scored by."""

    labels: Labels
    groups: Groups
    clusters: Groups | None  # what rows share besides
    decision: Decision


def scores(rows: ScoredRows, table: Table, names: Sequence[str]) -> ByMetric[Interval | None]:
    """Return a model's score by each metric named, with its interval."""
    labels, groups, clusters, decision = rows
    found = {name: uncertainty.of_model(name, labels, table, groups, decision, clusters) for name in names}
    intervals = {name: statistics.with_interval(each, decision.confidence) for name, each in found.items()}
    return ByMetric[Interval | None](**_each(intervals))


def differences(rows: ScoredRows, before: Table, after: Table, names: Sequence[str]) -> ByMetric[Difference | None]:
    """Return the second model's score minus the first's by each metric named, p-values by Holm over all of these."""
    labels, groups, clusters, decision = rows
    found = {name: uncertainty.of_difference(name, labels, before, after, groups, decision, clusters) for name in names}
    corrected = dict(zip(found, statistics.holm([statistics.p_value(each) for each in found.values()]), strict=True))
    tested = {
        name: statistics.tested(each, decision.confidence, uncertainty.span(name, decision), corrected[name])
        for name, each in found.items()
    }
    return ByMetric[Difference | None](**_each(tested))


def _each(known: Mapping[str, T]) -> dict[str, T | None]:
    return {name: known.get(name) for name in METRICS}

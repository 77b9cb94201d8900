"""What another training run would give: apart from the verdict, which is about the model that ships."""

from collections.abc import Mapping

from core.base.results import Result
from core.decision.decision import Decision
from core.decision.scoring import METRICS, Labels, Table, score
from core.scores.clusters import Groups
from core.scores.intervals import Interval
from core.scores.statistics import Estimate, with_interval
from core.scores.uncertainty import of_new_seed, span


class AnotherRun(Result):
    """The fine-tuned models of all seeds by the primary metric, and what a model of one new seed would score.

    A prediction interval, of new rows and one new seed on the same training data: Student's t with seeds - 1 degrees
    of freedom for what seeds do, as far as that is what is uncertain.
    """

    seeds: int
    """How many seeds there are."""
    smallest: float
    """The lowest of their scores on test, in the metric's unit."""
    largest: float
    """The highest of their scores on test, in the metric's unit."""
    score: Interval | None
    """The mean score, and the interval for one new seed; null where there is one seed alone."""
    gain: Interval | None
    """By how much the mean score is better than the strongest baseline's, and the interval for one new seed: above 0 is
    better. Null where there is one seed alone."""


def another_run(
    labels: Labels,
    seeds: Mapping[str, Table],
    baseline: Table,
    groups: Groups,
    decision: Decision,
    second: Groups | None = None,
) -> AnotherRun:
    """Return what another training run would give, beside what these seeds gave."""
    metric, tables = decision.primary, list(seeds.values())
    values = [score(metric, labels, table, decision) for table in tables]
    reached = of_new_seed(metric, labels, tables, groups, decision, second=second)
    gained = of_new_seed(metric, labels, tables, groups, decision, baseline, second)
    if gained and not METRICS[metric].higher_is_better:
        gained = Estimate(-gained.value, -gained.middle, gained.error, gained.freedom)
    most = span(metric, decision)
    return AnotherRun(
        seeds=len(tables),
        smallest=min(values),
        largest=max(values),
        score=with_interval(reached, decision.confidence) if reached else None,
        gain=with_interval(gained, decision.confidence, -most, most) if gained else None,
    )

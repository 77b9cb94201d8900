"""What the report shows of the verdict: baseline and published model by every metric, with intervals."""

from typing import NamedTuple

from core.decision.scoring import METRICS
from core.reporting.markdown import interval, p_value, score
from core.scores.metrics import Metrics


class Compared(NamedTuple):
    """A metric: a row of templates/sections/every_metric.md.j2."""

    metric: str
    baseline: str
    published: str
    difference: str
    p: str


def every_metric(metrics: Metrics) -> list[Compared]:
    """Return baseline and published model by every metric that applies."""
    baseline = metrics.ladder[metrics.baseline]
    return [
        Compared(
            metric.title,
            interval(baseline.scores.of(name), score),
            interval(metrics.published.scores.of(name), score),
            interval(change, "{:+.3f}".format),
            p_value(change.p_holm),
        )
        for name, metric in METRICS.items()
        if (change := metrics.difference.of(name))
    ]

"""What the report's first screen compares: baseline and fine-tuned by every metric, with intervals."""

from typing import NamedTuple

from core.reporting.markdown import interval, p_value, score
from core.scores.metrics import Metrics
from core.scores.tallied import METRICS


class Compared(NamedTuple):
    """A metric: a row of templates/sections/first_screen.md.j2."""

    metric: str
    baseline: str
    finetuned: str
    difference: str
    p: str


def compared(metrics: Metrics) -> list[Compared]:
    """Return baseline against fine-tuned by every metric."""
    return [
        Compared(
            metric.title,
            interval(metrics.baseline.interval(name), score),
            interval(metrics.finetuned.interval(name), score),
            f"**{change.estimate:+.3f}** ({change.low:+.3f} to {change.high:+.3f})",
            p_value(change.p_holm),
        )
        for name, metric in METRICS.items()
        if (change := metrics.difference.of(name))
    ]


def fine_tuned(metrics: Metrics) -> str:
    """Return the head of a column of fine-tuned scores."""
    seeds = len(metrics.seeds)
    return f"fine-tuned, mean of {seeds} seeds" if seeds > 1 else "fine-tuned"

"""What the report shows of slices of the test rows."""

from collections.abc import Sequence
from typing import NamedTuple

from core.reporting.markdown import code, interval, p_value, plain, score
from core.scores.metrics import Metrics
from core.scores.seed_slices import Slice, worst_first
from core.scores.slices import FEWEST

SHOWN = 10  # slices of one kind


class Row(NamedTuple):
    """A slice: a row of templates/sections/slices.md.j2."""

    name: str
    by: str
    slice: str
    rows: int
    accuracy: str
    difference: str
    p: str


class Slices(NamedTuple):
    """What templates/sections/slices.md.j2 shows."""

    worst: Row | None
    harmed: list[str]
    harmed_more: int
    rows: list[Row]
    hidden: list[str]
    shown: int = SHOWN
    fewest: int = FEWEST


def slices(metrics: Metrics, confidence: float) -> Slices:
    """Return the worst slice, those that fine-tuning harms, and all of them or, where they are many, the worst."""
    parts = metrics.slices
    kinds = [[part for part in parts if part.by == kind] for kind in dict.fromkeys(part.by for part in parts)]
    harmed = [part for part in parts if part.difference.high < 0 and part.difference.p_holm < 1 - confidence]
    return Slices(
        worst=_row(metrics.worst_slice) if metrics.worst_slice else None,
        harmed=[_row(part).name for part in harmed[:SHOWN]],
        harmed_more=max(len(harmed) - SHOWN, 0),
        rows=[_row(part) for kind in kinds for part in _shown(kind)],
        hidden=[f"{len(kind) - SHOWN} by {plain(kind[0].by)}" for kind in kinds if len(kind) > SHOWN],
    )


def _shown(kind: Sequence[Slice]) -> Sequence[Slice]:
    return kind if len(kind) <= SHOWN else worst_first(kind)[:SHOWN]


def _row(part: Slice) -> Row:
    return Row(
        name=f"{code(part.slice)} ({plain(part.by)})",
        by=plain(part.by),
        slice=code(part.slice),
        rows=part.rows,
        accuracy=interval(part.accuracy, score),
        difference=interval(part.difference, "{:+.3f}".format),
        p=p_value(part.difference.p_holm),
    )

"""What the report shows of slices of the scored rows."""

from collections.abc import Sequence
from typing import NamedTuple

from core.reporting.markdown import code, interval, p_value, plain, score
from core.scores import slices as measured
from core.scores.slices import FEWEST, Family, Gap, Slice, TooSmall

SHOWN = 10  # slices by one column
NAMED = 5  # slices in a sentence


class Row(NamedTuple):
    """A slice: a row of templates/sections/slices.md.j2."""

    name: str
    by: str
    slice: str
    rows: int
    accuracy: str
    difference: str
    p: str


class GapRow(NamedTuple):
    """The worst slice by one column: a row of templates/sections/slices.md.j2."""

    by: str
    slice: str
    rows: int
    others: int
    difference: str
    p: str


class FamilyRows(NamedTuple):
    """Slices whose p-values are corrected together."""

    judged: int
    worst: Row | None
    harmed: list[str]
    rows: list[Row]
    hidden: list[str]
    gaps: list[GapRow]
    too_small: list[str]


class Slices(NamedTuple):
    """What templates/sections/slices.md.j2 shows."""

    columns: FamilyRows
    automatic: FamilyRows
    has_columns: bool
    shown: int = SHOWN
    fewest: int = FEWEST


def slices(found: measured.Slices, columns: Sequence[str], confidence: float) -> Slices:
    """Return the slices by the user's columns, and by what every text has."""
    return Slices(family(found.columns, confidence), family(found.automatic, confidence), bool(columns))


def family(found: Family, confidence: float) -> FamilyRows:
    """Return the worst slice, those that fine-tuning harms, and all of them or, where they are many, the worst."""
    parts = found.slices
    kinds = [[part for part in parts if part.by == kind] for kind in dict.fromkeys(part.by for part in parts)]
    harmed = [part for part in parts if part.difference.high < 0 and part.difference.p_holm < 1 - confidence]
    return FamilyRows(
        judged=len(parts),
        worst=_row(found.worst) if found.worst else None,
        harmed=_named([_row(part).name for part in harmed]),
        rows=[_row(part) for kind in kinds for part in _shown(kind)],
        hidden=[f"{len(kind) - SHOWN} by {plain(kind[0].by)}" for kind in kinds if len(kind) > SHOWN],
        gaps=[_gap(gap) for gap in found.gaps],
        too_small=[_too_small(part) for part in found.too_small],
    )


def _named(names: Sequence[str]) -> list[str]:
    more = len(names) - NAMED
    return [*names[:NAMED], *([f"{more} more"] if more > 0 else [])]


def _shown(kind: Sequence[Slice]) -> Sequence[Slice]:
    if len(kind) <= SHOWN:
        return kind
    return sorted(kind, key=lambda part: (part.accuracy.estimate, -part.rows))[:SHOWN]


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


def _gap(gap: Gap) -> GapRow:
    difference, p = interval(gap.difference, "{:+.3f}".format), p_value(gap.difference.p_holm)
    return GapRow(plain(gap.by), code(gap.slice), gap.rows, gap.others, difference, p)


def _too_small(part: TooSmall) -> str:
    names = _named([f"{code(name)} ({rows} rows)" for name, rows in part.slices.items()])
    more = f" and {part.more} others" if part.more else ""
    return f"by {plain(part.by)} {', '.join(names)}{more}"

"""The report's section on slices of the test rows, as markdown."""

from collections.abc import Sequence

from core.base import paths
from core.reporting.markdown import code, interval, p_value, plain, score, table
from core.scores.metrics import Metrics
from core.scores.seed_slices import Slice, worst_first
from core.scores.slices import FEWEST

SHOWN = 10  # slices of one kind


def slices(metrics: Metrics, confidence: float) -> str:
    """Return the worst slice, those that fine-tuning harms, and a table of all or, where they are many, the worst."""
    parts, worst, baseline = metrics.slices, metrics.worst_slice, metrics.baseline.name
    if worst is None:
        return f"## Slices\n\nNo part of the test rows has the {FEWEST} groups of rows that a comparison needs."
    kinds = [[part for part in parts if part.by == kind] for kind in dict.fromkeys(part.by for part in parts)]
    header = ["by", "slice", "test rows", "accuracy fine-tuned", f"difference to {baseline}", "p"]
    return (
        f"## Slices\n\nThe worst is {_name(worst)}: of {worst.rows} test rows {interval(worst.accuracy, score)} "
        f"are right with fine-tuning. {_harmed(parts, baseline, 1 - confidence)}\n\n"
        f"{table(header, [_row(part) for kind in kinds for part in _shown(kind)])}\n\n"
        "Fine-tuned scores are means over the seeds; of a class, accuracy is the recall. The worst slice is the one "
        f"whose interval has the lowest upper end. P-values are corrected for all {len(parts)} slices (Holm), "
        f"{confidence:.0%} intervals are not. Left out are slices of fewer than {FEWEST} groups of rows."
        f"{_hidden(kinds)}"
    )


def _shown(kind: Sequence[Slice]) -> Sequence[Slice]:
    return kind if len(kind) <= SHOWN else worst_first(kind)[:SHOWN]


def _hidden(kinds: Sequence[Sequence[Slice]]) -> str:
    more = [f"{len(kind) - SHOWN} by {plain(kind[0].by)}" for kind in kinds if len(kind) > SHOWN]
    if not more:
        return ""
    return f" Of many slices the worst {SHOWN} are shown; the others, {', '.join(more)}, are in `{paths.METRICS}`."


def _row(part: Slice) -> list[str]:
    return [
        plain(part.by),
        code(part.slice),
        str(part.rows),
        interval(part.accuracy, score),
        interval(part.difference, "{:+.3f}".format),
        p_value(part.difference.p_holm),
    ]


def _harmed(parts: Sequence[Slice], baseline: str, level: float) -> str:
    harmed = [part for part in parts if part.difference.high < 0 and part.difference.p_holm < level]
    if not harmed:
        return f"In no slice is fine-tuning shown to do worse than {baseline}."
    names = ", ".join(_name(part) for part in harmed[:SHOWN])
    more = f" and {len(harmed) - SHOWN} more" if len(harmed) > SHOWN else ""
    return f"**Fine-tuning does worse than {baseline} on {names}{more}.**"


def _name(part: Slice) -> str:
    return f"{code(part.slice)} ({plain(part.by)})"

"""The report's section on slices of the test rows, as markdown."""

from collections.abc import Sequence
from typing import Any

from core.reporting.markdown import code, interval, p_value, plain, score, table
from core.scores.slices import FEWEST, worst_first

Json = dict[str, Any]
SHOWN = 10  # slices of one kind


def slices(metrics: Json, confidence: float) -> str:
    """Return the worst slice, those that fine-tuning harms, and a table of all or, where they are many, the worst."""
    found, worst, baseline = metrics["slices"], metrics["worst_slice"], metrics["baseline"]["name"]
    if not found:
        return f"## Slices\n\nNo part of the test rows has the {FEWEST} groups of rows that a comparison needs."
    kinds = [[each for each in found if each["by"] == kind] for kind in dict.fromkeys(each["by"] for each in found)]
    header = ["by", "slice", "test rows", "accuracy fine-tuned", f"difference to {baseline}", "p"]
    return (
        f"## Slices\n\nThe worst is {_name(worst)}: of {worst['rows']} test rows {interval(worst['accuracy'], score)} "
        f"are right with fine-tuning. {_harmed(found, baseline, 1 - confidence)}\n\n"
        f"{table(header, [_row(each) for kind in kinds for each in _shown(kind)])}\n\n"
        "Fine-tuned scores are means over the seeds; of a class, accuracy is the recall. The worst slice is the one "
        f"whose interval has the lowest upper end. P-values are corrected for all {len(found)} slices (Holm), "
        f"{confidence:.0%} intervals are not. Left out are slices of fewer than {FEWEST} groups of rows."
        f"{_hidden(kinds)}"
    )


def _shown(kind: Sequence[Json]) -> Sequence[Json]:
    return kind if len(kind) <= SHOWN else worst_first(kind)[:SHOWN]


def _hidden(kinds: Sequence[Sequence[Json]]) -> str:
    more = [f"{len(kind) - SHOWN} by {plain(kind[0]['by'])}" for kind in kinds if len(kind) > SHOWN]
    if not more:
        return ""
    return f" Of many slices the worst {SHOWN} are shown; the others, {', '.join(more)}, are in `reports/metrics.json`."


def _row(each: Json) -> list[str]:
    return [
        plain(each["by"]),
        code(each["slice"]),
        str(each["rows"]),
        interval(each["accuracy"], score),
        interval(each["difference"], "{:+.3f}".format),
        p_value(each["difference"]["p_holm"]),
    ]


def _harmed(found: Sequence[Json], baseline: str, level: float) -> str:
    harmed = [each for each in found if each["difference"]["high"] < 0 and each["difference"]["p_holm"] < level]
    if not harmed:
        return f"In no slice is fine-tuning shown to do worse than {baseline}."
    names = ", ".join(_name(each) for each in harmed[:SHOWN])
    more = f" and {len(harmed) - SHOWN} more" if len(harmed) > SHOWN else ""
    return f"**Fine-tuning does worse than {baseline} on {names}{more}.**"


def _name(each: Json) -> str:
    return f"{code(each['slice'])} ({plain(each['by'])})"

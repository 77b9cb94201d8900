"""A comparison as markdown. Its text is templates/comparison.md.j2."""

from pathlib import Path

from jinja2 import FileSystemLoader

from core.data.group_counts import FEWEST
from core.decision.scoring import METRICS
from core.reporting import documents, headline
from core.reporting.markdown import code, interval, p_value, score
from tasks.compare.comparison import Comparison, Side

SHORT = {
    "adapted": "Yes",
    "no worse": "No worse",
    "not shown": "Not shown",
    "harmed": "No",
    "too few groups": "Too few rows",
}
TEMPLATES = documents.environment(FileSystemLoader(Path(__file__).parent / "templates"))


def markdown(found: Comparison, notes: list[str]) -> str:
    """Return the document; `notes` end it."""
    decision, judged = found.rows.decision, found.judged
    against = judged.against[found.first.name]
    clusters = len(set(found.rows.groups))
    return documents.rendered(
        TEMPLATES,
        "comparison.md.j2",
        verdict=judged.verdict,
        short=SHORT[judged.verdict],
        judged=judged,
        against=against,
        decision=decision,
        gain=headline.gain(decision.primary, against.gain, decision.confidence),
        amount=lambda value: headline.amount(decision.primary, value),
        level=f"{decision.confidence:.0%}",
        fewest=FEWEST,
        rows=len(found.rows.labels),
        clusters=clusters,
        clustered=clusters < len(found.rows.labels) or found.rows.clusters is not None,
        models=[[letter, code(side.name), _about(side)] for letter, side in zip("AB", found.sides, strict=True)],
        metrics=_metrics(found),
        right=[
            [name, *(f"{count:.0f}" for count in row)]
            for name, row in zip(("A right", "A wrong"), found.right, strict=True)
        ],
        notes=notes,
    )


def _metrics(found: Comparison) -> list[list[str]]:
    """Return a row for each metric that is told."""
    first, second = (side.scores for side in found.sides)
    return [
        [
            metric.title,
            interval(first.of(name), score),
            interval(second.of(name), score),
            interval(change, "{:+.3f}".format),
            p_value(change.p_holm),
        ]
        for name, metric in METRICS.items()
        if (change := found.differences.of(name))
    ]


def _about(side: Side) -> str:
    parts = ["classes alone" if side.classes_alone else "probabilities"]
    if side.unknown:
        named = ", ".join(code(name) if name else "none" for name in list(side.unknown)[:3])
        parts.append(f"{sum(side.unknown.values())} answers that are no label ({named}): wrong")
    if side.others:
        parts.append(f"{side.others} for rows without a label here: left out")
    return "; ".join(parts)

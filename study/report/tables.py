"""The tables of the study's report: numbers in words, rows as core/reporting/markdown.py sets them."""

from collections.abc import Callable, Sequence

from core.reporting.headline import IN_POINTS, form
from core.reporting.markdown import code, interval, p_value, plain, table
from core.scores.intervals import Interval
from study.curves.forecasts import Forecast, LabelsNeeded
from study.curves.gates import StudiedGate
from study.curves.pairs import Overtaking, Pair
from study.curves.results import StudyScores
from study.report.cells import Studied
from study.techniques.technique import technique

REASON = 200  # characters of why a cell failed; all of it is in reports/study.csv


def title(name: str) -> str:
    """Return what reports call a technique."""
    return technique(name).title


def of(scores: StudyScores) -> Callable[[Interval | None], str]:
    """Return how a score by the primary metric is written, with its interval."""
    return lambda value: interval(value, form(scores.primary))


def gain(scores: StudyScores) -> Callable[[Interval | None], str]:
    """Return how a gain by the primary metric is written, with its interval: points, or its own unit."""
    if scores.primary in IN_POINTS:
        return lambda value: interval(value, lambda share: f"{100 * share:+.1f}")
    return lambda value: interval(value, "{:+.3f}".format)


def by_size(scores: StudyScores) -> str:
    """Return each technique's score by size."""
    found = {
        curve.technique: {each.size: of(scores)(each.score) for each in curve.sizes if each.score}
        for curve in scores.curves
    }
    rows = [
        [f"{size.labels:,}", size.size, *(known.get(size.size, "-") for known in found.values())]
        for size in scores.sizes
    ]
    return table(["rows", "size", *map(title, found)], rows)


def predictions(scores: StudyScores) -> str:
    """Return what is predicted of each technique, and how its largest size was, held back."""
    return table(
        ["technique", "held back", "predicted for it", "found", "predicted of more rows"],
        [[title(each.technique), *_held_back(scores, each), _predicted(scores, each)] for each in scores.forecasts],
    )


def _held_back(scores: StudyScores, forecast: Forecast) -> list[str]:
    held = forecast.held_back
    return [held.size, of(scores)(held.predicted), form(scores.primary)(held.found)] if held else ["-", "-", "-"]


def _predicted(scores: StudyScores, forecast: Forecast) -> str:
    if forecast.refused:
        return f"nothing: {forecast.refused}"
    if forecast.more is None:
        return "nothing: not tried on all training rows"
    return f"{gain(scores)(forecast.more.gain)} from {forecast.more.labels:,} more"


def pairs(scores: StudyScores, known: Sequence[Pair]) -> str:
    """Return pairs of techniques, size by size."""
    return table(
        ["rows", "size", "technique", "against", "gain", "p (Holm)", "better"],
        [
            [
                f"{pair.labels:,}",
                pair.size,
                title(pair.second),
                title(pair.first),
                gain(scores)(pair.gain),
                p_value(pair.gain.p_holm),
                "not shown" if not pair.shown else "yes" if pair.gain.estimate > 0 else "no: worse",
            ]
            for pair in known
        ],
    )


def overtaking(found: Overtaking) -> str:
    """Return where a technique passes another, in words."""
    a_class = f", {found.a_class:.0f} a class" if found.a_class is not None else ""
    low = f"{found.low:,.0f}" if found.low is not None else "fewer than the smallest size"
    high = f"{found.high:,.0f}" if found.high is not None else "more than were tried"
    verb = "overtakes" if found.shown else "seems to overtake"
    first, other = title(found.technique), title(found.other)
    return f"*{first}* {verb} *{other}* at {found.labels:,.0f} rows{a_class} ({low} to {high})."


def gates(scores: StudyScores) -> str:
    """Return from how many rows on each technique keeps each gate that the study measures."""
    rows = [
        [plain(gate.title), gate.required, *(_reached(scores, gate, curve.technique) for curve in scores.curves)]
        for gate in scores.gates
        if not gate.unmeasured
    ]
    return table(["gate", "required", *(title(curve.technique) for curve in scores.curves)], rows) if rows else ""


def _reached(scores: StudyScores, gate: StudiedGate, name: str) -> str:
    found = next(each for each in gate.reached if each.technique == name)
    if found.labels is not None:
        return f"{found.labels:,}"
    needed = [
        each for each in scores.forecast(name).gates if (each.title, each.required) == (gate.title, gate.required)
    ]
    return _needed(needed[0]) if needed else "not reached"


def _needed(needed: LabelsNeeded) -> str:
    if needed.refused or needed.labels is None:
        return "not reached"
    low, high = (f"{end:,}" if end is not None else "more" for end in (needed.low, needed.high))
    return f"not reached; predicted: {needed.labels:,} ({low} to {high})"


def draws(scores: StudyScores) -> str:
    """Return how much draws differ, and what one more of other rows would score."""
    return table(
        ["rows", "size", "technique", "draws", "standard deviation", "one more draw"],
        [
            [
                f"{each.labels:,}",
                each.size,
                title(curve.technique),
                str(each.draws),
                "-" if each.scatter is None else f"{each.scatter:.3f}",
                of(scores)(each.another),
            ]
            for curve in scores.curves
            for each in curve.sizes
        ],
    )


def lacking(studied: Studied) -> str:
    """Return the cells that have no result, each with the reason; nothing where all have one."""
    found = {each.cell.name: each for each in reversed(studied.known) if each.lacks}
    rows = [[code(each.cell.title), _shortened(each.lacks or "")] for each in reversed(found.values())]
    return table(["cell", "why it has no result"], rows) if rows else ""


def _shortened(reason: str) -> str:
    return plain(reason if len(reason) <= REASON else f"{reason[: REASON - 1]}…")

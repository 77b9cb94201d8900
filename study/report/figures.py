"""The figures of the study, as SVG whose bytes depend on the numbers alone: FIGURES, below, names them all.

Each is drawn for light and for dark pages: tasks/report/themes.py. Colour and marker together tell techniques apart.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from core.decision.scoring import METRICS
from core.scores.intervals import Interval
from study import paths
from study.curves.pairs import turned
from study.curves.results import StudyScores
from study.report.answers import FROZEN
from study.techniques.technique import technique
from tasks.report import themes
from tasks.report.themes import ink

SIZE = (8, 4.4)  # inches
MARKERS = "os^DvPX"  # as many as are not the number of colours, so that both together tell more apart
ASIDE = 0.03  # of a logarithm to the base e: how far techniques stand aside, so that intervals do not cover each other
NARROW = 0.3  # of the same: labels closer than this share a tick

Points = Sequence[tuple[int, Interval]]  # labels, and the score or gain with so many


def curves(scores: StudyScores) -> Figure:
    """Return the primary score of each technique by labels, and the line that is predicted of the best one."""
    figure, axes = _empty(scores)
    points = {
        curve.technique: [(size.labels, size.score) for size in curve.sizes if size.score] for curve in scores.curves
    }
    _draw(axes, points, _numbers(scores))
    predicted = scores.forecast(scores.best).line
    if predicted:
        beyond = [each for each in predicted if each.labels >= scores.pool] or predicted[-1:]
        labels, colour = [each.labels for each in beyond], f"C{_numbers(scores)[scores.best]}"
        axes.plot(
            labels,
            [each.score.estimate for each in beyond],
            "--",
            color=colour,
            label=f"{technique(scores.best).title}: predicted",
        )
        low, high = ([getattr(each.score, end) for each in beyond] for end in ("low", "high"))
        axes.fill_between(labels, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set_ylabel(f"{METRICS[scores.primary].title} on {scores.split}")
    _ticks(axes, scores, max((each.labels for each in predicted), default=0))
    return figure


def differences(scores: StudyScores) -> Figure:
    """Return by how much each technique is better than the reference by labels, paired by draw and row."""
    figure, axes = _empty(scores)
    against = reference(scores)
    pairs = [pair if pair.first == against else turned(pair) for pair in scores.pairs]
    of_others = [pair for pair in pairs if pair.first == against]
    points = {
        name: [(pair.labels, pair.gain) for pair in of_others if pair.second == name]
        for name in _numbers(scores)
        if name != against
    }
    axes.axhline(0, color=ink(), linewidth=0.8)
    _draw(axes, points, _numbers(scores))
    axes.set_ylabel(f"gain over {technique(against).title}\n({METRICS[scores.primary].title})")
    _ticks(axes, scores)
    return figure


def reference(scores: StudyScores) -> str:
    """Return the technique that others are compared with: the frozen encoder, or the first."""
    names = list(_numbers(scores))
    return FROZEN if FROZEN in names else names[0]


def _numbers(scores: StudyScores) -> dict[str, int]:
    return {curve.technique: number for number, curve in enumerate(scores.curves)}


def _empty(scores: StudyScores) -> tuple[Figure, Any]:
    figure = Figure(figsize=SIZE, layout="constrained")
    axes: Any = figure.subplots()
    axes.set_xscale("log")
    axes.grid(alpha=0.3)
    axes.set_xlabel(f"labelled rows (logarithmic); bars are {scores.confidence:.0%} intervals over draws and rows")
    return figure, axes


def _draw(axes: Any, points: Mapping[str, Points], numbers: Mapping[str, int]) -> None:
    """Draw the line of each technique, and write its name where it ends."""
    middle = (len(points) - 1) / 2
    for place, (name, known) in enumerate(points.items()):
        if not known:
            continue
        number, aside = numbers[name], np.exp(ASIDE * (place - middle))
        values = np.array([[each.estimate, each.low, each.high] for _, each in known])
        bars = np.maximum([values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]], 0)
        axes.errorbar(
            [labels * aside for labels, _ in known],
            values[:, 0],
            yerr=bars,
            fmt=f"{MARKERS[number % len(MARKERS)]}-",
            color=f"C{number}",
            markersize=5,
            capsize=2.5,
            elinewidth=1,
            label=technique(name).title,
        )


def _ticks(axes: Any, scores: StudyScores, farthest: int = 0) -> None:
    """Write the number of labels under each size, where there is room, and the names of the lines."""
    axes.legend(fontsize=9, framealpha=0.8)
    shown: list[int] = []
    for labels in sorted({size.labels for size in scores.sizes} | ({farthest} if farthest else set()), reverse=True):
        if not shown or np.log(shown[-1] / labels) > NARROW:
            shown.append(labels)
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(shown, [f"{labels:,}" for labels in shown])


class Entry(NamedTuple):
    """A figure of the study, which its template shows by its name: `figure("curves")`."""

    name: str
    text: str  # for those who do not see it
    draw: Callable[[StudyScores], Figure]
    applies: Callable[[StudyScores], bool] = lambda scores: True


FIGURES = (
    Entry("curves", "Line chart: the primary score of each technique by the number of labels, with intervals", curves),
    Entry(
        "differences",
        "Line chart: by how much each technique is better than the reference, by the number of labels, with intervals",
        differences,
        lambda scores: bool(scores.pairs),
    ),
)


def picture(name: str) -> str:
    """Return a figure as the report shows it: on a dark page the dark one."""
    return themes.picture(paths.FIGURES, name, next(entry.text for entry in FIGURES if entry.name == name))

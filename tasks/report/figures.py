"""The report's figures, as SVG whose bytes depend on the numbers alone: FIGURES, below, names them all.

Each is drawn for light and for dark pages: tasks/report/themes.py.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from core.base import paths
from core.data.epochs import Epoch
from core.decision.scoring import METRICS, Table
from core.scores import calibration, decision_curve, positive_class
from core.scores.intervals import Interval
from core.scores.selective_prediction import risk_by_coverage
from tasks.report import heat_map, themes
from tasks.report.outputs import Outputs
from tasks.report.sections.ladder import named
from tasks.report.themes import ink

SHARE = 0.05  # of the rows: fewer say little, and swing wildly
POINTS = 200  # of a curve, so that a figure stays small

Curve = NDArray[np.float64]


def models(scores: Mapping[str, Interval], published: str, first_seed: int, title: str) -> Figure:
    """Return each model's score with its interval, one below another: baselines, then seeds."""
    figure = Figure(figsize=(8, 0.9 + 0.36 * len(scores)), layout="constrained")
    axes: Any = figure.subplots()
    for number, (name, score) in enumerate(scores.items()):
        low, high = score.estimate - score.low, score.high - score.estimate
        colour, weight = ("C0" if number < first_seed else "C1"), ("bold" if name == published else "normal")
        axes.errorbar(score.estimate, number, xerr=[[max(low, 0)], [max(high, 0)]], fmt="o", color=colour, capsize=3)
        axes.annotate(
            f"{score.estimate:.3f}",
            (score.estimate, number),
            (0, 5),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            weight=weight,
            color=ink(),
        )
    axes.set_yticks(range(len(scores)), scores, parse_math=False)
    for label, name in zip(axes.get_yticklabels(), scores, strict=True):
        label.set_fontweight("bold" if name == published else "normal")
    axes.set_ylim(len(scores) - 0.4, -0.7)
    axes.set_xlabel(title)
    axes.grid(axis="x", alpha=0.3)
    return figure


def training_curves(epochs_by_seed: Mapping[str, Sequence[Epoch]], primary: str) -> Figure:
    """Return the loss (nats) and the primary metric on validation of each seed by epoch."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    losses, scores = figure.subplots(1, 2)
    for number, (seed, epochs) in enumerate(epochs_by_seed.items()):
        colour, x = f"C{number}", [epoch.epoch for epoch in epochs]
        losses.plot(x, [epoch.training_loss for epoch in epochs], "--", color=colour)
        losses.plot(x, [epoch.validation_loss for epoch in epochs], "o-", color=colour, label=f"seed {seed}")
        scores.plot(x, [epoch.validation_primary for epoch in epochs], "o-", color=colour)
    for axes, title in ((losses, "loss: validation (solid), training (dashed)"), (scores, f"validation {primary}")):
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    losses.legend()
    return figure


def reliability(models: dict[str, NDArray[np.float64]]) -> Figure:
    """Return accuracy by confidence for each model's bins, shape (bins, 3): core.scores.calibration.reliability."""
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axes: Any = figure.subplots()
    axes.plot([0, 1], [0, 1], ":", color=ink(), label="true probabilities")
    for number, (name, bins) in enumerate(models.items()):
        axes.plot(bins[:, 0], bins[:, 1], f"{'os^'[number]}-", color=f"C{number}", label=name, alpha=0.85)
    lowest = min(bins[:, :2].min() for bins in models.values())
    axes.set_xlim(lowest - 0.03, 1.03)
    axes.set_ylim(lowest - 0.03, 1.03)
    axes.set_xlabel("probability of the predicted class")
    axes.set_ylabel("share that is right")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return figure


def selection(models: dict[str, NDArray[np.float64]], target: float) -> Figure:
    """Return error rate by coverage for each model, shape (thresholds, 2): selective_prediction.risk_by_coverage."""
    figure = Figure(figsize=(6, 3.4), layout="constrained")
    axes: Any = figure.subplots()
    for number, (name, curve) in enumerate(models.items()):
        curve = curve[curve[:, 0] >= SHARE]
        points = curve[np.unique(np.linspace(0, len(curve) - 1, POINTS).astype(int))]
        axes.plot(points[:, 0], points[:, 1], ("--", "-")[number], color=f"C{number}", label=name)
    axes.axhline(target, color=ink(), linestyle=":", label="target")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("share of test rows left to the model, the most confident first")
    axes.set_ylabel("of these wrong")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return figure


def of_class(curves: Mapping[str, Sequence[Curve]], every_row: Curve) -> Figure:
    """Return ROC, precision-recall and decision curve of each model for one class, each of shape (points, 2)."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots(1, 3)
    for number, (name, of_model) in enumerate(curves.items()):
        for place, curve in zip(axes, of_model, strict=True):
            place.plot(curve[:, 0], curve[:, 1], ("--", "-")[number], color=f"C{number}", label=name)
    axes[2].plot(every_row[:, 0], every_row[:, 1], ":", color=ink(), label="every row")
    axes[2].axhline(0, color=ink(), linewidth=0.8)
    axes[2].set_ylim(bottom=min(-0.01, *(of_model[2][:, 1].min() for of_model in curves.values())))
    names = (
        ("false alarms: 1 - specificity", "sensitivity"),
        ("sensitivity", "positive predictive value"),
        ("acted on from a probability of", "net benefit"),
    )
    for place, (across, up) in zip(axes, names, strict=True):
        place.set_xlabel(across)
        place.set_ylabel(up)
        place.grid(alpha=0.3)
    axes[2].legend(fontsize=8)
    return figure


def confused(run: Outputs) -> NDArray[np.int64]:
    """Return the scored rows by label and class that the published model predicts, shape (classes, classes)."""
    predicted = run.published.argmax(1)
    return np.asarray(confusion_matrix(run.labels, predicted, labels=range(len(run.class_names))))


def rung(name: str, ladder: Collection[str]) -> str:
    """Return a baseline's name, or where the figures' font cannot draw it, its place on the ladder."""
    return name if themes.can_draw(name) else f"rung {list(ladder).index(name) + 1}"


def _models(run: Outputs) -> dict[str, Table]:
    """Return what the baseline and the published model predict for the scored rows, by their names in the report."""
    return {
        rung(run.metrics.baseline, run.metrics.ladder): run.baseline,
        named(run.metrics.published_seed): run.published,
    }


def _scores(run: Outputs) -> Figure:
    """Return the figure of the first screen."""
    metrics = run.metrics
    ladder = {rung(name, metrics.ladder): scores for name, scores in metrics.ladder.items()}
    seeds = {named(seed): scores for seed, scores in metrics.seeds.items()}
    scores = {name: scored.of(metrics.primary) for name, scored in (ladder | seeds).items()}
    title = f"{METRICS[metrics.primary].title} on {metrics.split}, {run.decision.confidence:.0%} intervals"
    return models(scores, named(metrics.published_seed), len(metrics.ladder), title)


def _bins(run: Outputs) -> dict[str, NDArray[np.float64]]:
    """Return what `reliability` draws: of the published model once more with its temperature."""
    temperature = run.metrics.calibration.published.temperature
    scaled = {f"the same, temperature {temperature:.2f}": calibration.tempered(run.published, temperature)}
    return {name: calibration.reliability(run.labels, table) for name, table in (_models(run) | scaled).items()}


def _curves(run: Outputs) -> dict[str, NDArray[np.float64]]:
    """Return what `selection` draws."""
    return {name: risk_by_coverage(run.labels, table) for name, table in _models(run).items()}


def _of_class(run: Outputs) -> Figure:
    """Return the figure on the class that must not be missed, or of many classes without one, on the last."""
    target = run.decision.target
    decisions = {name: decision_curve.curve(run.labels, table, target) for name, table in _models(run).items()}
    curves = {
        name: (
            positive_class.roc(run.labels, table, target),
            positive_class.precision_recall(run.labels, table, target),
            decisions[name][:, :2],
        )
        for name, table in _models(run).items()
    }
    return of_class(curves, decisions[rung(run.metrics.baseline, run.metrics.ladder)][:, [0, 2]])


class Entry(NamedTuple):
    """A figure of the report, which a template shows by its name: `figure("training")`."""

    name: str
    text: str  # for those who do not see it
    draw: Callable[[Outputs], Figure]
    applies: Callable[[Outputs], bool] = lambda run: True


FIGURES = (
    Entry("models", "Dot chart: the primary score of each baseline and each fine-tuned model, with intervals", _scores),
    Entry(
        "positive",
        "Line charts: ROC, precision-recall and decision curve of the class, of baseline and published model",
        _of_class,
        lambda run: run.metrics.positive is not None,
    ),
    Entry(
        "training",
        "Line charts: loss and validation accuracy of each seed by epoch",
        lambda run: training_curves(run.epochs, METRICS[run.metrics.primary].title),
    ),
    Entry(
        "confusion",
        "Heat map: test rows by label and predicted class",
        lambda run: heat_map.confusion(confused(run), run.class_names),
    ),
    Entry(
        "reliability",
        "Line chart: accuracy by confidence; on the diagonal, probabilities are true",
        lambda run: reliability(_bins(run)),
    ),
    Entry(
        "selection",
        "Line chart: error rate by share of rows left to the model, the most confident first",
        lambda run: selection(_curves(run), run.params.evaluation.target_error),
    ),
)


def picture(name: str) -> str:
    """Return a figure as a report shows it: on a dark page the dark one."""
    return themes.picture(paths.FIGURES, name, next(entry.text for entry in FIGURES if entry.name == name))

"""The report's figures, as SVG whose bytes depend on the numbers alone.

A white ground keeps them legible on light and dark pages; colours are Okabe and Ito's, distinct to colour-blind eyes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
WRITTEN_OUT = 20  # classes up to which cells and ticks are legible


def training_curves(curves: dict[str, list[dict[str, float]]]) -> Figure:
    """Return the loss (nats) and the validation accuracy of each seed by epoch."""
    figure = Figure(figsize=(9, 3.4), layout="constrained", facecolor="white")
    losses, accuracies = figure.subplots(1, 2)
    for number, (seed, epochs) in enumerate(curves.items()):
        colour, x = COLOURS[number % len(COLOURS)], [epoch["epoch"] for epoch in epochs]
        losses.plot(x, [epoch["training_loss"] for epoch in epochs], "--", color=colour)
        losses.plot(x, [epoch["validation_loss"] for epoch in epochs], "o-", color=colour, label=f"seed {seed}")
        accuracies.plot(x, [epoch["validation_accuracy"] for epoch in epochs], "o-", color=colour)
    for axes, title in ((losses, "loss: validation (solid), training (dashed)"), (accuracies, "validation accuracy")):
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
    losses.legend()
    return figure


def confusion(counts: NDArray[np.int64], labels: Sequence[str]) -> Figure:
    """Return a heat map of rows by label and predicted class, shaded by the share of the label's rows."""
    size = min(3.2 + 0.45 * len(labels), 9)
    figure = Figure(figsize=(size, size * 0.85), layout="constrained", facecolor="white")
    axes: Any = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="cividis_r", vmin=0, vmax=1)
    axes.set_xlabel("predicted")
    axes.set_ylabel("label")
    if len(labels) > WRITTEN_OUT:
        return figure
    names = [label if len(label) <= 24 else f"{label[:23]}…" for label in labels]
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", parse_math=False)
    axes.set_yticks(range(len(names)), names, parse_math=False)
    for (row, column), count in np.ndenumerate(counts):
        axes.text(
            column, row, str(count), ha="center", va="center", color="white" if shares[row, column] > 0.5 else "black"
        )
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write the figure as SVG, the same bytes for the same figure."""
    with matplotlib.rc_context({"svg.hashsalt": "acclimate"}):
        figure.savefig(path, format="svg", metadata={"Date": None})

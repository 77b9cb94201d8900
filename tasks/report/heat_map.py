"""The figure of which classes are confused, legible in any script and of any number of classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tasks.report.themes import can_draw, is_dark

WRITTEN_OUT = 20  # classes up to which their names and the counts of cells are legible
MOST_TICKS = 80  # numbers of an axis: of more classes every second, or third, is written
LONGEST = 24  # characters of a name


def confusion(counts: NDArray[np.int64], labels: Sequence[str]) -> Figure:
    """Return a heat map of rows by label and predicted class, shaded by the share of the label's rows."""
    size = min(3.2 + 0.45 * len(labels), 9)
    figure = Figure(figsize=(size, size * 0.85), layout="constrained")
    axes: Any = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="cividis" if is_dark() else "cividis_r", vmin=0, vmax=1)
    axes.set_xlabel("predicted")
    axes.set_ylabel("label")
    numbers = [str(number) for number in range(1, len(labels) + 1)]
    names = numbers if numbered(labels) else [cut(label) for label in labels]
    step = -(-len(names) // MOST_TICKS)
    size = 10 if len(names) <= WRITTEN_OUT else 5
    turned: dict[str, Any] = (
        {"rotation": 45, "ha": "right"} if names is not numbers else {"rotation": 90 * (len(names) > WRITTEN_OUT)}
    )
    axes.set_xticks(range(0, len(names), step), names[::step], parse_math=False, fontsize=size, **turned)
    axes.set_yticks(range(0, len(names), step), names[::step], parse_math=False, fontsize=size)
    if len(labels) > WRITTEN_OUT:
        return figure
    for (row, column), count in np.ndenumerate(counts):
        on_dark = (shares[row, column] > 0.5) != is_dark()
        axes.text(column, row, str(count), ha="center", va="center", color="white" if on_dark else "black")
    return figure


def numbered(labels: Sequence[str]) -> bool:
    """Return whether `confusion` names classes by their numbers from 1, so that the report must say which is which.

    So it does of many, of names that its font cannot draw, and of those that would be cut to the same.
    """
    short = {cut(label) for label in labels}
    return len(labels) > WRITTEN_OUT or len(short) < len(labels) or not all(map(can_draw, short))


def cut(label: str) -> str:
    """Return a label, or the first characters of a long one."""
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"

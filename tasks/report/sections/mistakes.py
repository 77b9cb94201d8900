"""What the report shows of the classes and rows that go wrong, from labels and predictions.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from core.decision.scoring import Labels, Table
from core.reporting.markdown import code

SHOWN = 10  # pairs of classes, and rows


class ClassScores(NamedTuple):
    """A class: a row of templates/sections/classes.md.j2."""

    name: str
    rows: int
    share: float
    probability: float
    before: float  # F1 of the baseline
    f1: float
    precision: float
    recall: float


def classes(labels: Labels, names: Sequence[str], baseline: Table, seeds: Sequence[Table]) -> list[ClassScores]:
    """Return each class's precision, recall, F1 and mean probability over the seeds, and F1 of the baseline."""
    before, after = _by_class(labels, baseline), np.mean([_by_class(labels, seed) for seed in seeds], axis=0)
    probability = np.mean([seed.mean(0) for seed in seeds], axis=0)
    counts = np.bincount(labels, minlength=len(names))
    columns = [counts / len(labels), probability, before[2], after[2], after[0], after[1]]
    return [
        ClassScores(code(name), int(counts[number]), *(float(column[number]) for column in columns))
        for number, name in enumerate(names)
    ]


def _by_class(labels: Labels, predicted: Table) -> Table:
    """Return precision, recall and F1 of each class, 0 where a ratio has no rows: shape (3, classes)."""
    classes, options = range(predicted.shape[1]), {"zero_division": 0}
    return np.asarray(precision_recall_fscore_support(labels, predicted.argmax(1), labels=classes, **options)[:3])


class Pair(NamedTuple):
    """Two classes that are confused: a row of templates/sections/confusions.md.j2."""

    label: str
    predicted: str
    rows: int


def confusions(counts: NDArray[np.int64], names: Sequence[str]) -> list[Pair]:
    """Return the pairs of classes that are confused most often."""
    pairs = [(int(count), row, column) for (row, column), count in np.ndenumerate(counts) if row != column and count]
    most = sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))[:SHOWN]
    return [Pair(code(names[row]), code(names[column]), count) for count, row, column in most]


class Mistake(NamedTuple):
    """A wrong row: a row of templates/sections/mistakes.md.j2."""

    row: str
    label: str
    predicted: str
    probability: float
    text: str  # empty where params.yaml does not let the report show texts


def most_confident(
    labels: Labels, predicted: Table, row_ids: Sequence[str], names: Sequence[str], texts: Sequence[str] | None
) -> list[Mistake]:
    """Return the wrong test rows with the highest probability: if rows are mislabelled, some stand among them."""
    wrong = np.flatnonzero(predicted.argmax(1) != labels)
    first = wrong[np.argsort(-predicted[wrong].max(1), kind="stable")][:SHOWN]
    return [
        Mistake(
            code(row_ids[row]),
            code(names[labels[row]]),
            code(names[predicted[row].argmax()]),
            float(predicted[row].max()),
            code(texts[row]) if texts else "",
        )
        for row in first
    ]

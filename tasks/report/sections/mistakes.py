"""What the report shows of the classes and rows that go wrong, from labels and predictions.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from core.decision.scoring import Labels, Table
from core.reporting.markdown import code, interval, points, score
from core.scores.positive_class import ClassScores

PAIRS = 20  # of classes
ROWS = 10
SURE = 0.5  # a class more probable than all others together


class ClassRow(NamedTuple):
    """A class: a row of templates/sections/classes.md.j2."""

    name: str
    rows: int
    sensitivity: str
    precision: str
    f1: float
    before: float  # F1 of the baseline
    roc_auc: str
    in_the_large: str


def classes(found: Sequence[ClassScores], labels: Labels, baseline: Table, published: Table) -> list[ClassRow]:
    """Return how the published model does on each class, and F1 of the baseline beside its own."""
    shares, probabilities = np.bincount(labels, minlength=len(found)) / len(labels), published.mean(0)
    before, after = (
        f1_score(labels, table.argmax(1), labels=range(len(found)), average=None, zero_division=0)
        for table in (baseline, published)
    )
    return [
        ClassRow(
            name=code(each.name),
            rows=each.rows,
            sensitivity=interval(each.sensitivity, score),
            precision=interval(each.positive_predictive_value, score),
            f1=float(after[number]),
            before=float(before[number]),
            roc_auc=interval(each.roc_auc, score),
            in_the_large=points(probabilities[number] - shares[number]),
        )
        for number, each in enumerate(found)
    ]


class Pair(NamedTuple):
    """Two classes that are confused: a row of templates/sections/confusions.md.j2."""

    label: str
    predicted: str
    rows: int


def confusions(counts: NDArray[np.int64], names: Sequence[str]) -> list[Pair]:
    """Return the pairs of classes that are confused most often."""
    pairs = [(int(count), row, column) for (row, column), count in np.ndenumerate(counts) if row != column and count]
    most = sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))[:PAIRS]
    return [Pair(code(names[row]), code(names[column]), count) for count, row, column in most]


def legend(names: Sequence[str]) -> list[str]:
    """Return each class with its number in the figure of confusions."""
    return [f"{number} {code(name)}" for number, name in enumerate(names, start=1)]


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
    """Return the wrong rows that the model is sure of, those of the highest probability: wrong labels gather here."""
    wrong = np.flatnonzero((predicted.argmax(1) != labels) & (predicted.max(1) >= SURE))
    first = wrong[np.argsort(-predicted[wrong].max(1), kind="stable")][:ROWS]
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

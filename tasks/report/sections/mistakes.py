"""The report's sections on which classes and rows go wrong, from labels and predictions: each returns markdown.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from core.decision.scoring import Labels, Table
from core.reporting.markdown import code, table

SHOWN = 10  # pairs of classes, and rows


def classes(labels: Labels, names: Sequence[str], baseline: Table, seeds: Sequence[Table]) -> str:
    """Return each class's precision, recall, F1 and mean probability over the seeds, and F1 of the baseline."""
    before, after = _by_class(labels, baseline), np.mean([_by_class(labels, seed) for seed in seeds], axis=0)
    probability = np.mean([seed.mean(0) for seed in seeds], axis=0)
    counts = np.bincount(labels, minlength=len(names))
    columns = [counts / len(labels), probability, before[2], after[2], after[0], after[1]]
    rows = [
        [code(name), str(counts[number]), *(f"{column[number]:.3f}" for column in columns)]
        for number, name in enumerate(names)
    ]
    scores = ["F1 baseline", "F1 fine-tuned", "precision", "recall"]
    header = ["class", "test rows", "their share", "its probability", *scores]
    return (
        "## Classes\n\nFine-tuned scores, probability, precision and recall are means over the seeds. Where a class's "
        "mean probability lies below its share, the models under-predict it.\n\n"
        f"{table(header, rows)}"
    )


def _by_class(labels: Labels, predicted: Table) -> Table:
    """Return precision, recall and F1 of each class, 0 where a ratio has no rows: shape (3, classes)."""
    classes, options = range(predicted.shape[1]), {"zero_division": 0}
    return np.asarray(precision_recall_fscore_support(labels, predicted.argmax(1), labels=classes, **options)[:3])


def confused(counts: NDArray[np.int64], names: Sequence[str], seed: int) -> str:
    """Return the pairs of classes that are confused most often."""
    pairs = [(int(count), row, column) for (row, column), count in np.ndenumerate(counts) if row != column and count]
    most = sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))[:SHOWN]
    rows = [[code(names[row]), code(names[column]), str(count)] for count, row, column in most]
    listed = table(["label", "predicted", "test rows"], rows) if rows else "No test row is confused."
    return f"## Confusions of seed {seed}\n\n{listed}"


def most_confident(
    labels: Labels, predicted: Table, row_ids: Sequence[str], names: Sequence[str], texts: Sequence[str] | None
) -> str:
    """Return the wrong test rows with the highest probability: if rows are mislabelled, some stand among them."""
    wrong = np.flatnonzero(predicted.argmax(1) != labels)
    first = wrong[np.argsort(-predicted[wrong].max(1), kind="stable")][:SHOWN]
    rows = [
        [
            code(row_ids[row]),
            code(names[labels[row]]),
            code(names[predicted[row].argmax()]),
            f"{predicted[row].max():.3f}",
        ]
        + ([code(texts[row])] if texts else [])
        for row in first
    ]
    header = ["row", "label", "predicted", "probability"] + (["text"] if texts else [])
    listed = table(header, rows) if rows else "No test row is wrong."
    return f"## Most confident mistakes\n\nWorth reading first: if labels are wrong, they gather here.\n\n{listed}"

"""Selective prediction: how many rows can be left to the model, and the others to a person, at a target error rate.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes). A row's confidence is the probability
of its predicted class; the model keeps the rows whose confidence is at least a threshold.
"""

from typing import Any

import numpy as np

from core.scores.statistics import Groups, Labels, Table, interval, share, with_interval

COVERAGES = np.linspace(0.5, 1, 11)


def risk_by_coverage(labels: Labels, probabilities: Table) -> Table:
    """Return coverage and error rate at every threshold, the surest rows first: shape (distinct confidences, 2).

    El-Yaniv & Wiener, Journal of Machine Learning Research 11 (2010).
    """
    confidence, wrong = probabilities.max(1), probabilities.argmax(1) != labels
    order = np.argsort(-confidence, kind="stable")
    kept = np.arange(1, len(labels) + 1)
    ends = np.append(np.diff(confidence[order]) != 0, True)  # rows as sure as each other are kept together
    return np.asarray(np.column_stack([kept / len(labels), np.cumsum(wrong[order]) / kept])[ends])


def threshold(labels: Labels, probabilities: Table, groups: Groups, target: float, confidence: float) -> float | None:
    """Return the lowest confidence down to which the error rate is shown to be at most the target, or null.

    Thresholds that keep half of the rows, and 5% more each time, are tried until the upper end of a one-sided
    interval exceeds the target: in an order fixed beforehand many tests need no correction (Angelopoulos et al.,
    Learn then Test (2021), section 4). Half comes first because fewer rows show less.
    """
    sureness, wrong = probabilities.max(1), probabilities.argmax(1) != labels
    descending, found = np.sort(sureness)[::-1], None
    for coverage in COVERAGES:
        tried = float(descending[max(round(coverage * len(labels)) - 1, 0)])
        kept = sureness >= tried
        if interval(share(wrong[kept], groups[kept]), 2 * confidence - 1)[1] > target:
            break
        found = tried
    return found


def selection(
    labels: dict[str, Labels],
    splits: dict[str, Table],
    groups: dict[str, Groups],
    target: float,
    confidence: float,
) -> dict[str, Any]:
    """Return the threshold that validation supports, and what it keeps and gets wrong on test, with intervals."""
    lowest = threshold(labels["validation"], splits["validation"], groups["validation"], target, confidence)
    if lowest is None:
        return {"threshold": None, "validation_coverage": None, "rows": 0, "coverage": None, "error_rate": None}
    kept = splits["test"].max(1) >= lowest
    wrong = splits["test"].argmax(1) != labels["test"]
    error = share(wrong[kept], groups["test"][kept]) if kept.any() else None
    return {
        "threshold": lowest,
        "validation_coverage": float((splits["validation"].max(1) >= lowest).mean()),
        "rows": int(kept.sum()),
        "coverage": with_interval(share(kept, groups["test"]), confidence, 0, 1),
        "error_rate": with_interval(error, confidence, 0, 1) if error else None,
    }

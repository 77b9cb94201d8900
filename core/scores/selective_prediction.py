"""Selective prediction: how many rows can be left to the model, and the others to a person, at a target error rate.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes). A row's confidence is the probability
of its predicted class; the model keeps the rows whose confidence is at least a threshold.
"""

import numpy as np

from core.base.results import Result
from core.decision.scoring import Labels, Table
from core.scores.intervals import Interval
from core.scores.statistics import Groups, interval, share, with_interval

COVERAGES = np.linspace(0.5, 1, 11)


def risk_by_coverage(labels: Labels, probabilities: Table) -> Table:
    """Return coverage and error rate at every threshold, from the most confident rows on: shape (thresholds, 2).

    El-Yaniv & Wiener, Journal of Machine Learning Research 11 (2010).
    """
    confidence, wrong = probabilities.max(1), probabilities.argmax(1) != labels
    order = np.argsort(-confidence, kind="stable")
    kept = np.arange(1, len(labels) + 1)
    ends = np.append(np.diff(confidence[order]) != 0, True)  # equal confidences are kept together
    return np.asarray(np.column_stack([kept / len(labels), np.cumsum(wrong[order]) / kept])[ends])


def threshold(labels: Labels, probabilities: Table, groups: Groups, target: float, confidence: float) -> float | None:
    """Return the lowest confidence down to which the error rate is shown to be at most the target, or null.

    Thresholds that keep half of the rows, and 5% more each time, are tried until the upper end of a one-sided
    interval exceeds the target: in an order fixed beforehand many tests need no correction (Angelopoulos et al.,
    Learn then Test (2021), section 4). Half comes first because fewer rows show less.
    """
    confidences, wrong = probabilities.max(1), probabilities.argmax(1) != labels
    descending, lowest = np.sort(confidences)[::-1], None
    for coverage in COVERAGES:
        tried = float(descending[max(round(coverage * len(labels)) - 1, 0)])
        kept = confidences >= tried
        if interval(share(wrong[kept], groups[kept]), 2 * confidence - 1)[1] > target:
            break
        lowest = tried
    return lowest


class Selection(Result):
    """The rows that can be left to one model at the target error rate; a row's confidence is its class's probability.

    El-Yaniv & Wiener, Journal of Machine Learning Research 11 (2010).
    """

    threshold: float | None
    """The lowest confidence down to which validation shows the target, 0 to 1; null where it does not even for the
    more confident half. Angelopoulos et al., Learn then Test (2021), section 4."""
    validation_coverage: float | None
    """Share of the validation rows that reach the threshold: 0 to 1."""
    rows: int
    """Test rows that reach the threshold; 0 where there is none."""
    coverage: Interval | None
    """Share of the test rows that reach the threshold: 0 to 1."""
    error_rate: Interval | None
    """Share of these that are predicted wrong, 0 to 1; null where no row is left to the model."""


def selection(
    labels: dict[str, Labels],
    splits: dict[str, Table],
    groups: dict[str, Groups],
    target: float,
    confidence: float,
) -> Selection:
    """Return the threshold that validation supports, and what it keeps and gets wrong on test, with intervals."""
    lowest = threshold(labels["validation"], splits["validation"], groups["validation"], target, confidence)
    if lowest is None:
        return Selection(threshold=None, validation_coverage=None, rows=0, coverage=None, error_rate=None)
    kept = splits["test"].max(1) >= lowest
    wrong = splits["test"].argmax(1) != labels["test"]
    error = share(wrong[kept], groups["test"][kept]) if kept.any() else None
    return Selection(
        threshold=lowest,
        validation_coverage=float((splits["validation"].max(1) >= lowest).mean()),
        rows=int(kept.sum()),
        coverage=with_interval(share(kept, groups["test"]), confidence, 0, 1),
        error_rate=with_interval(error, confidence, 0, 1) if error else None,
    )

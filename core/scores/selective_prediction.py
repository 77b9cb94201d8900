"""Selective prediction: how many rows can be left to the model, and the others to a person, at a target error rate.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes). A row's confidence is the probability
of its predicted class; the model keeps the rows whose confidence is at least a threshold.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.base.results import Result
from core.data.threshold_rows import threshold_rows
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.scores.error_bounds import at_most, groups_needed
from core.scores.intervals import Interval
from core.scores.statistics import Groups, share, with_interval

COVERAGES = np.linspace(0.5, 1, 11)
Reason = Literal["too few groups", "one class", "too few positives", "too many errors", "too many missed"]


def risk_by_coverage(labels: Labels, probabilities: Table) -> Table:
    """Return coverage and error rate at every threshold, from the most confident rows on: shape (thresholds, 2).

    El-Yaniv & Wiener, Journal of Machine Learning Research 11 (2010).
    """
    confidence, wrong = probabilities.max(1), probabilities.argmax(1) != labels
    order = np.argsort(-confidence, kind="stable")
    kept = np.arange(1, len(labels) + 1)
    ends = np.append(np.diff(confidence[order]) != 0, True)  # equal confidences are kept together
    return np.asarray(np.column_stack([kept / len(labels), np.cumsum(wrong[order]) / kept])[ends])


class Bounds(NamedTuple):
    """What the rows set apart show of one threshold, and what they could show at best."""

    error: float  # the share of the rows left to the model that is wrong is at most this
    missed: float  # the share of the positive rows that the model misses is at most this; 0 where none is named
    error_at_best: float  # the same, were none wrong
    missed_at_best: float

    def refused(self, target: float) -> Reason | None:
        """Return why the threshold is not shown to keep both shares at or below the target."""
        if self.error_at_best > target:
            return "too few groups"
        if self.missed_at_best > target:
            return "too few positives"
        if self.error > target:
            return "too many errors"
        return "too many missed" if self.missed > target else None


def bounds(labels: Labels, probabilities: Table, groups: Groups, threshold: float, decision: Decision) -> Bounds:
    """Return the bounds of one threshold, from rows that chose nothing."""
    kept, wrong = probabilities.max(1) >= threshold, probabilities.argmax(1) != labels
    positive = np.zeros(len(labels), dtype=bool) if decision.positive is None else labels == decision.positive

    def most(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
        return at_most(hits[among], groups[among], decision.confidence)

    named, none = decision.positive is not None, np.zeros(len(labels), dtype=bool)
    return Bounds(
        error=most(wrong, kept),
        missed=most(wrong & kept, positive) if named else 0.0,
        error_at_best=most(none, kept),
        missed_at_best=most(none, positive) if named else 0.0,
    )


def threshold(
    labels: Labels, probabilities: Table, groups: Groups, target: float, decision: Decision
) -> tuple[float | None, Reason | None]:
    """Return the lowest threshold that validation shows to keep the target, or null and why there is none.

    Thresholds that keep half of the rows that chose the model, and 5% more each time, are tried on the rows set apart
    until an upper bound exceeds the target: in an order fixed beforehand many tests need no correction (Angelopoulos
    et al., Learn then Test (2021), section 4). Half comes first because fewer rows show less.
    """
    apart = threshold_rows(groups, labels)
    if not apart.any():
        return None, "too few groups"
    if len(set(probabilities[apart].argmax(1))) == 1:
        return None, "one class"
    confidences, lowest = np.sort(probabilities[~apart].max(1))[::-1], None
    for coverage in COVERAGES:
        tried = float(confidences[max(round(coverage * len(confidences)) - 1, 0)])
        refused = bounds(labels[apart], probabilities[apart], groups[apart], tried, decision).refused(target)
        if refused:
            return (lowest, None) if lowest is not None else (None, refused)
        lowest = tried
    return lowest, None


class Selection(Result):
    """The rows that can be left to one model at the target error rate; a row's confidence is its class's probability.

    El-Yaniv & Wiener, Journal of Machine Learning Research 11 (2010).
    """

    threshold: float | None
    """The lowest confidence, 0 to 1, at which two upper bounds stay at or below the target, from validation rows that
    chose nothing: of the error rate of the rows left to the model and, where `evaluation.positive` names a class, of
    the share of its rows that the model misses. Null where there is none. Angelopoulos et al., Learn then Test (2021),
    section 4; Clopper & Pearson, Biometrika 26 (1934), each group counting as one row."""
    refused: Reason | None
    """Why no row is left to the model: too few groups or positive rows to show anything, one class for all rows, or too
    many errors or missed positive rows in the more confident half. Null where there is a threshold."""
    threshold_rows: int
    """Validation rows set apart for the threshold, which chose nothing; 0 where they are too few."""
    threshold_groups: int
    """How many clusters these form: 0 or more."""
    threshold_positives: int | None
    """How many clusters have a row of the class that must not be missed among these; null where none is named."""
    groups_needed: int
    """The fewest clusters, none of them wrong, that show the target: so many must be left to the model among the rows
    set apart and, where a class is named that must not be missed, have a row of it."""
    error_at_most: float | None
    """Upper bound of the error rate at the threshold from the rows set apart, 0 to 1; null where there is none."""
    missed_at_most: float | None
    """Upper bound of the share of the positive rows that are left to the model and missed, likewise; null where no
    class is named."""
    rows: int
    """Test rows that reach the threshold; 0 where there is none."""
    coverage: Interval | None
    """Share of the test rows that reach the threshold: 0 to 1."""
    wrong: int
    """How many of these are predicted wrong; 0 where there is none."""
    error_rate: Interval | None
    """Share of these that are predicted wrong, 0 to 1; null where no row is left to the model."""
    missed: int | None
    """How many test rows of the class that must not be missed are left to the model and predicted as another; null
    where no class is named."""
    missed_rate: Interval | None
    """Share of all test rows of that class that these are, 0 to 1: the others are found by the model or go to a person.
    Null where no class is named, no row is left to the model, or test has no row of it."""


def selection(
    labels: dict[str, Labels],
    splits: dict[str, Table],
    groups: dict[str, Groups],
    target: float,
    decision: Decision,
) -> Selection:
    """Return the threshold that validation supports, and what it keeps and gets wrong on test, with intervals."""
    known, table, clusters = labels["validation"], splits["validation"], groups["validation"]
    lowest, refused = threshold(known, table, clusters, target, decision)
    apart, named = threshold_rows(clusters, known), decision.positive is not None
    shown = None if lowest is None else bounds(known[apart], table[apart], clusters[apart], lowest, decision)
    kept = splits["test"].max(1) >= (np.inf if lowest is None else lowest)
    wrong = kept & (splits["test"].argmax(1) != labels["test"])
    positive = labels["test"] == decision.positive

    def rate(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Interval | None:
        if lowest is None or not among.any():
            return None
        return with_interval(share(hits[among], groups["test"][among]), decision.confidence, 0, 1)

    return Selection(
        threshold=lowest,
        refused=refused,
        threshold_rows=int(apart.sum()),
        threshold_groups=len(set(clusters[apart])),
        threshold_positives=len(set(clusters[apart & (known == decision.positive)])) if named else None,
        groups_needed=groups_needed(target, decision.confidence),
        error_at_most=shown.error if shown else None,
        missed_at_most=shown.missed if shown and named else None,
        rows=int(kept.sum()),
        coverage=rate(kept, np.ones(len(kept), dtype=bool)),
        wrong=int(wrong.sum()),
        error_rate=rate(wrong, kept),
        missed=int((wrong & positive).sum()) if named else None,
        missed_rate=rate(wrong, positive) if named else None,
    )

"""How one model does on the class that must not be missed, against all others; of more classes, on each.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes). A row is called its most probable class,
unless a threshold is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.results import Result
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.scores.intervals import Interval
from core.scores.parts import Rows, at
from core.scores.predictive_values import AtPrevalence, at_prevalence, rates
from core.scores.statistics import Estimate, Groups, share, with_interval
from core.scores.uncertainty import of_model

ONE_AGAINST_THE_REST = Decision(primary="roc_auc", classes=2, positive=1)


class ClassScores(Result):
    """How one model does on one class against all others, on test; a row is called its most probable class."""

    name: str
    """The class."""
    rows: int
    """Test rows of it."""
    called: int
    """Test rows that are called it."""
    missed: int
    """Test rows of it that are called another."""
    prevalence: Interval
    """Share of the test rows that are of it: 0 to 1."""
    sensitivity: Interval
    """Share of its rows that are called it, the recall: 0 to 1, higher is better."""
    specificity: Interval
    """Share of the other rows that are called another: 0 to 1, higher is better."""
    positive_predictive_value: Interval | None
    """Share of the rows called it that are of it, the precision: 0 to 1, higher is better; null where no row is called
    it."""
    negative_predictive_value: Interval | None
    """Share of the rows called another that are of another: 0 to 1, higher is better; null where all are called it."""
    missed_per_1000: Interval
    """Its rows that are called another, of 1,000 rows of all classes: 0 to 1,000, lower is better."""
    false_alarms_per_1000: Interval
    """Other rows that are called it, of 1,000 rows of all classes: 0 to 1,000, lower is better."""
    roc_auc: Interval
    """Area under the ROC curve of its probability: 0 to 1, 0.5 by chance, higher is better."""
    average_precision: Interval
    """Average precision of its probability: 0 to 1, by chance the prevalence, higher is better."""


class AtSpecificity(Result):
    """What the class's probability achieves where false alarms are bounded: the threshold is of validation alone."""

    required: float
    """The specificity that is required, `evaluation.specificity`: between 0 and 1."""
    threshold: float | None
    """The lowest probability of the class at which the specificity on validation is at least the required one: 0 to 1;
    null where validation has none that calls a row the class."""
    validation_sensitivity: float | None
    """Share of the class's validation rows that reach the threshold: 0 to 1."""
    sensitivity: Interval | None
    """Share of the class's test rows that reach the threshold: 0 to 1, higher is better."""
    specificity: Interval | None
    """Share of the other test rows that do not: 0 to 1; on test it may lie below the required one."""
    missed_per_1000: Interval | None
    """The class's rows below the threshold, of 1,000 test rows of all classes: 0 to 1,000, lower is better."""


class PositiveClass(ClassScores):
    """How one model does on the class that must not be missed, `evaluation.positive`."""

    at_prevalences: list[AtPrevalence]
    """What its calls are worth at each of `evaluation.prevalences`."""
    at_specificity: AtSpecificity | None
    """What it achieves at the specificity that is required; null where `evaluation.specificity` is."""


@dataclass(frozen=True)
class _TestRows:
    """The test rows of a class and the others, and what intervals need."""

    of_class: Rows
    groups: Groups
    second: Groups | None
    confidence: float

    def interval(self, estimate: Estimate) -> Interval:
        return with_interval(estimate, self.confidence, 0, 1)

    def share(self, hits: Rows, among: Rows) -> Interval | None:
        """Return the share of hits, null where there is no row to count."""
        return self.interval(share(hits[among], self.groups[among], at(self.second, among))) if among.any() else None

    def per_1000(self, hits: Rows) -> Interval:
        found = self.interval(share(hits, self.groups, self.second))
        return Interval(**{end: 1000 * value for end, value in found.model_dump().items()})

    def ranked(self, metric: str, probability: Table) -> Interval:
        labels, table = self.of_class.astype(np.int64), np.column_stack([1 - probability, probability])
        return self.interval(of_model(metric, labels, table, self.groups, ONE_AGAINST_THE_REST, self.second))


def positive_class(
    names: Sequence[str],
    labels: dict[str, Labels],
    splits: dict[str, Table],
    groups: Groups,
    decision: Decision,
    prevalences: Sequence[float],
    specificity: float | None,
    second: Groups | None = None,
) -> PositiveClass:
    """Return how one model does on the class that the decision names, at other prevalences and a threshold too.

    `groups` and `second` are those of the test rows.
    """
    scores = class_scores(names, labels["test"], splits["test"], groups, decision, second)
    test = _TestRows(labels["test"] == decision.target, groups, second, decision.confidence)
    worth = rates(test.of_class, splits["test"].argmax(1) == decision.target, groups, second)
    of_class = labels["validation"] == decision.target
    probability = {split: table[:, decision.target] for split, table in splits.items()}
    return PositiveClass(
        **dict(scores),
        at_prevalences=[at_prevalence(worth, prevalence, decision.confidence) for prevalence in prevalences],
        at_specificity=None if specificity is None else _at_specificity(test, of_class, probability, specificity),
    )


def each_class(
    names: Sequence[str],
    labels: Labels,
    probabilities: Table,
    groups: Groups,
    decision: Decision,
    second: Groups | None = None,
) -> list[ClassScores]:
    """Return how one model does on each class against all others, in the order of the classes."""
    each = [replace(decision, positive=number) for number in range(len(names))]
    return [class_scores(names, labels, probabilities, groups, one, second) for one in each]


def class_scores(
    names: Sequence[str],
    labels: Labels,
    probabilities: Table,
    groups: Groups,
    decision: Decision,
    second: Groups | None = None,
) -> ClassScores:
    """Return how one model does on the class that the decision names, against all others."""
    test = _TestRows(labels == decision.target, groups, second, decision.confidence)
    called, probability = probabilities.argmax(1) == decision.target, probabilities[:, decision.target]
    right, missed, false = called == test.of_class, test.of_class & ~called, called & ~test.of_class
    worth = rates(test.of_class, called, groups, second)
    return ClassScores(
        name=names[decision.target],
        rows=int(test.of_class.sum()),
        called=int(called.sum()),
        missed=int(missed.sum()),
        prevalence=test.interval(share(test.of_class, groups, second)),
        sensitivity=test.interval(worth.sensitivity),
        specificity=test.interval(worth.specificity),
        positive_predictive_value=test.share(right, called),
        negative_predictive_value=test.share(right, ~called),
        missed_per_1000=test.per_1000(missed),
        false_alarms_per_1000=test.per_1000(false),
        roc_auc=test.ranked("roc_auc", probability),
        average_precision=test.ranked("average_precision", probability),
    )


def _at_specificity(test: _TestRows, of_class: Rows, probability: dict[str, Table], required: float) -> AtSpecificity:
    """Return the threshold at which validation has the required specificity, and what test has there."""
    lowest = threshold(of_class, probability["validation"], required)
    known = lowest is not None
    least = np.inf if lowest is None else lowest
    called = probability["test"] >= least
    worth = rates(test.of_class, called, test.groups, test.second)
    return AtSpecificity(
        required=required,
        threshold=lowest,
        validation_sensitivity=float((probability["validation"][of_class] >= least).mean()) if known else None,
        sensitivity=test.interval(worth.sensitivity) if known else None,
        specificity=test.interval(worth.specificity) if known else None,
        missed_per_1000=test.per_1000(test.of_class & ~called) if known else None,
    )


def threshold(of_class: Rows, probability: Table, required: float) -> float | None:
    """Return the lowest probability that, as a threshold, leaves so large a share of the others below it, or null."""
    from sklearn.metrics import roc_curve  # here and below, as docs/architecture.md says of results

    false_alarms, _, thresholds = roc_curve(of_class, probability, drop_intermediate=False)
    lowest = thresholds[false_alarms <= 1 - required + 1e-9][-1]  # they fall; the first, infinite one calls no row
    return float(lowest) if np.isfinite(lowest) else None


def roc(labels: Labels, probabilities: Table, positive: int) -> Table:
    """Return the share of false alarms and the sensitivity at each threshold of a class, for a figure: (points, 2)."""
    from sklearn.metrics import roc_curve

    false_alarms, sensitivity, _ = roc_curve(labels == positive, probabilities[:, positive])
    return np.column_stack([false_alarms, sensitivity])


def precision_recall(labels: Labels, probabilities: Table, positive: int) -> Table:
    """Return the sensitivity (recall) and the positive predictive value (precision) at each threshold: (points, 2)."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(labels == positive, probabilities[:, positive])
    return np.column_stack([recall, precision])

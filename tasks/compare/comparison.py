"""How two models compare on the same labelled rows, by the statistics that the project's own verdict rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.errors import UserError
from core.base.messages import listed, shortened
from core.data import given_predictions
from core.data.given_predictions import Answers, Given
from core.decision.decision import Decision
from core.decision.scoring import METRICS, ByMetric, Table, applicable, score
from core.scores import by_metric
from core.scores.by_metric import ScoredRows
from core.scores.intervals import Difference, Interval
from core.scores.readings import digest
from core.scores.verdict import Judgement, judge
from tasks.compare.labelled import Labelled

OF_RIGHT_ROWS = ("balanced_accuracy", "accuracy")  # for which it does not matter what a wrong row is called


@dataclass(frozen=True)
class Side:
    """One of the two models."""

    name: str  # as it was asked for
    scores: ByMetric[Interval | None]
    classes_alone: bool  # whether it says no probabilities
    unknown: Mapping[str, int]  # answers that are no label, with how many rows have them
    others: int  # predictions for rows that have no label here


@dataclass(frozen=True)
class Comparison:
    """How the second model compares with the first."""

    first: Side
    second: Side
    rows: ScoredRows
    differences: ByMetric[Difference | None]  # second minus first
    judged: Judgement
    right: Table  # rows by whether the first is right and whether the second is: shape (2, 2), right first
    models: str  # what identifies the two: the digest of what they say

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.first, self.second


def compared(labelled: Labelled, models: Sequence[Given], names: Sequence[str], decision: Decision) -> Comparison:
    """Return how the second model compares with the first on rows whose labels are of the classes named.

    An answer that is no label is wrong. Raises UserError where predictions are missing or none, and where the primary
    metric cannot be told of them.
    """
    row_ids = labelled.row_ids
    unknown = [given_predictions.unknown(given, row_ids, names) for given in models]
    if strangers := _strangers(unknown, len(row_ids)):
        classes = listed(list(names), 10)
        said = {models[place].name: listed(list(map(shortened, unknown[place])), 3) for place in strangers}
        raise UserError(
            *(f"{name} says {each}, and names no class that is one of {classes}" for name, each in said.items())
        )
    others = any(unknown)
    tables = [given_predictions.answers(given, row_ids, names, others) for given in models]
    labels = np.array([names.index(label) for label in labelled.labels])
    rows = ScoredRows(labels, labelled.groups, labelled.clusters, replace(decision, classes=len(names) + others))
    told = _told(rows, tables, others)
    before, after = (table.probabilities for table in tables)
    first, second = (
        Side(
            given.name,
            by_metric.scores(rows, table.probabilities, told),
            table.classes_alone,
            of,
            len(given.rows) - len(row_ids),
        )
        for given, table, of in zip(models, tables, unknown, strict=True)
    )
    return Comparison(
        first,
        second,
        rows,
        by_metric.differences(rows, before, after, told),
        judge(labels, {first.name: before}, after, rows.groups, rows.decision, rows.clusters),
        _right(*(table.argmax(1) == labels for table in (before, after))),
        digest(
            *(part for given, table in zip(models, tables, strict=True) for part in (given.name, table[0].tobytes()))
        ),
    )


def _strangers(unknown: Sequence[Mapping[str, int]], rows: int) -> list[int]:
    """Return which models speak of other classes: they name none of these, nor what a model that names some says too.

    So one that has all rows wrong is none of them where it says what another says of rows that it has wrong.
    """
    none = [sum(of.values()) == rows for of in unknown]
    said = {name for of, alone in zip(unknown, none, strict=True) if not alone for name in of}
    return [place for place, of in enumerate(unknown) if none[place] and not said & set(of)]


def _told(rows: ScoredRows, tables: Sequence[Answers], others: bool) -> list[str]:
    """Return the metrics that such answers tell of such rows. Raises UserError where the primary one is not among them.

    A metric that the rows leave undefined, as the AUC of a single class, would be no number, and yet correct the rest.
    """
    decision, classes_alone = rows.decision, any(table.classes_alone for table in tables)
    told = [name for name in applicable(decision) if METRICS[name].of_classes or not classes_alone]
    told = [name for name in told if name in OF_RIGHT_ROWS or not others]
    title = METRICS[decision.primary].title
    if decision.primary not in told:
        why = "answers are no label" if others else "probabilities are missing"
        raise UserError(f"{title} cannot be told where {why}: `--primary {told[0]}`, or other tables")
    told = [name for name in told if not any(np.isnan(_score(name, rows, table)) for table in tables)]
    if decision.primary not in told:
        raise UserError(
            f"{title} cannot be told of rows that are all of one class: `--primary {told[0]}`, or labels of two classes"
        )
    return told


def _score(name: str, rows: ScoredRows, table: Answers) -> float:
    return score(name, rows.labels, table.probabilities, rows.decision)


def _right(first: np.ndarray, second: np.ndarray) -> Table:
    return np.array([[(one & other).sum() for other in (second, ~second)] for one in (first, ~first)], dtype=float)

"""The metrics that sums over rows give, and their scores: what a bootstrap of rows can resample.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes); losses are in nats.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.base.results import Result

Labels = NDArray[np.int64]
Table = NDArray[np.float64]
T = TypeVar("T")


class Tallies(NamedTuple):
    """Sums over rows, weighted or not, shape (..., classes) or (...); every metric is computed from these alone."""

    hits: Table  # rows that are predicted right, by class
    predicted: Table  # rows by predicted class
    actual: Table  # rows by label
    log_loss: Table  # summed

    @property
    def rows(self) -> Table:
        return np.asarray(self.actual.sum(-1))


@dataclass(frozen=True)
class Metric:
    """What the project knows of a metric beside its description; all that reads several metrics reads it from here."""

    title: str  # its name in reports
    of: Callable[[Tallies], Table]
    higher_is_better: bool = True
    most: float = 1.0  # its least is 0
    is_share_of_rows: bool = False  # each row is right or wrong: intervals get two rows added, one of each
    on_hub: str | None = None  # its name in the metadata of Hugging Face's model cards


def accuracy(tallies: Tallies) -> Table:
    """Return the share of rows that are predicted right."""
    return np.asarray(tallies.hits.sum(-1) / tallies.rows)


def macro_f1(tallies: Tallies) -> Table:
    """Return the mean F1 of the classes that occur in labels or predictions."""
    occurrences = tallies.predicted + tallies.actual
    return np.asarray(_ratio(2 * tallies.hits, occurrences).sum(-1) / (occurrences > 0).sum(-1))


def loss(tallies: Tallies) -> Table:
    """Return the mean log loss."""
    return np.asarray(tallies.log_loss / tallies.rows)


def _ratio(numerator: Table, denominator: Table) -> Table:
    ratio: Table = np.divide(numerator, denominator, out=np.zeros_like(numerator, dtype=float), where=denominator > 0)
    return ratio


class ByMetric(Result, Generic[T]):
    """One value for each metric, in the order in which reports show them."""

    accuracy: Annotated[T, Metric("accuracy", accuracy, is_share_of_rows=True, on_hub="accuracy")]
    """Share of rows that are predicted right: 0 to 1, higher is better."""
    macro_f1: Annotated[T, Metric("macro F1", macro_f1, on_hub="f1")]
    """Unweighted mean of the F1 of the classes that occur in labels or predictions: 0 to 1, higher is better."""
    loss: Annotated[T, Metric("loss", loss, higher_is_better=False, most=math.inf)]
    """Mean log loss in nats (the negative logarithm of the label's probability): 0 or more, lower is better."""

    def of(self, metric: str) -> T:
        """Return the value for a metric by its name."""
        value: T = getattr(self, metric)
        return value


METRICS: dict[str, Metric] = {
    name: next(metric for metric in field.metadata if isinstance(metric, Metric))
    for name, field in ByMetric.model_fields.items()
}


def scores(labels: Labels, probabilities: Table) -> dict[str, float]:
    """Return each metric of a model's predictions, by name."""
    computed = scores_of_tallies(tallies(labels, probabilities).sum(0))
    return {name: float(computed[name]) for name in METRICS}


def tallies(labels: Labels, probabilities: Table) -> Table:
    """Return what each row adds to the scores: by class whether hit, predicted, actual, and last its log loss.

    Shape (rows, 3 * classes + 1). Sums over any rows, weighted or not, give their scores: see `scores_of_tallies`.
    """
    classes = np.eye(probabilities.shape[1])
    predicted, actual = classes[probabilities.argmax(1)], classes[labels]
    return np.column_stack([predicted * actual, predicted, actual, log_loss(labels, probabilities)])


def log_loss(labels: Labels, probabilities: Table) -> Table:
    """Return each row's log loss in nats."""
    return -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-15, 1))


def scores_of_tallies(sums: Table) -> dict[str, Table]:
    """Return each metric of summed tallies, shape (..., 3 * classes + 1), and their number of rows as `rows`."""
    hits, predicted, actual = np.split(sums[..., :-1], 3, axis=-1)
    summed = Tallies(hits, predicted, actual, sums[..., -1])
    return {name: metric.of(summed) for name, metric in METRICS.items()} | {"rows": summed.rows}

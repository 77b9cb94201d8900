"""The metrics, each of which is one field of `ByMetric`, and the scores of predictions by them.

Labels are class ids, shape (rows,); probabilities have shape (rows, classes); losses are in nats. A row's predicted
class is the most probable one. Definitions are scikit-learn's; numpy alone, for training chooses its epochs by them.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.base.results import Result
from core.decision import ranking
from core.decision.decision import Decision

Labels = NDArray[np.int64]
Table = NDArray[np.float64]
T = TypeVar("T")


def confusion(labels: Labels, probabilities: Table) -> Table:
    """Return how many rows each label (rows) has of each predicted class (columns)."""
    classes = probabilities.shape[1]
    cells = np.bincount(labels * classes + probabilities.argmax(1), minlength=classes**2)
    return cells.reshape(classes, classes).astype(np.float64)


def accuracy(labels: Labels, probabilities: Table, decision: Decision) -> float:
    """Return the share of rows that are predicted right."""
    return float((probabilities.argmax(1) == labels).mean())


def balanced_accuracy(labels: Labels, probabilities: Table, decision: Decision) -> float:
    """Return the mean recall of the classes that occur in the labels."""
    counts = confusion(labels, probabilities)
    occurs = counts.sum(1) > 0
    return float((counts.diagonal()[occurs] / counts.sum(1)[occurs]).mean())


def macro_f1(labels: Labels, probabilities: Table, decision: Decision) -> float:
    """Return the mean F1 of the classes that occur in labels or predictions."""
    counts = confusion(labels, probabilities)
    occurrences = counts.sum(0) + counts.sum(1)
    occurs = occurrences > 0
    return float((2 * counts.diagonal()[occurs] / occurrences[occurs]).mean())


def roc_auc(labels: Labels, probabilities: Table, decision: Decision) -> float:
    """Return the area under the ROC curve, the mean over the ranked classes that have rows and do not have them all."""
    return _mean([ranking.roc_auc(labels == each, probabilities[:, each]) for each in decision.ranked])


def average_precision(labels: Labels, probabilities: Table, decision: Decision) -> float:
    """Return the average precision, the mean over the ranked classes that have rows."""
    return _mean([ranking.average_precision(labels == each, probabilities[:, each]) for each in decision.ranked])


def _mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def weighted_kappa(labels: Labels, probabilities: Table, decision: Decision) -> float:
    """Return Cohen's kappa with quadratic weights; NaN where labels and predictions are one class alone."""
    counts = confusion(labels, probabilities)
    ids = np.arange(len(counts))
    distances = (ids[:, None] - ids) ** 2
    by_chance = (distances * np.outer(counts.sum(1), counts.sum(0))).sum() / counts.sum()
    return float(1 - (distances * counts).sum() / by_chance) if by_chance else math.nan


def cost(labels: Labels, probabilities: Table, decision: Decision) -> float:
    """Return the mean cost of a row's predicted class."""
    return float(row_costs(labels, probabilities, decision).mean())


def row_costs(labels: Labels, probabilities: Table, decision: Decision) -> Table:
    """Return the cost of each row's predicted class. Raises ValueError where the decision has no costs."""
    if decision.costs is None:
        raise ValueError("the decision has no costs")
    return np.asarray(decision.costs[labels, probabilities.argmax(1)], dtype=np.float64)


def loss(labels: Labels, probabilities: Table, decision: Decision) -> float:
    """Return the mean log loss."""
    return float(log_loss(labels, probabilities).mean())


def log_loss(labels: Labels, probabilities: Table) -> Table:
    """Return each row's log loss in nats."""
    return -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-15, 1))


def _always(decision: Decision) -> bool:
    return True


@dataclass(frozen=True)
class Metric:
    """What the project knows of a metric beside its description; all that reads several metrics reads it from here."""

    title: str  # its name in reports
    of: Callable[[Labels, Table, Decision], float]
    higher_is_better: bool = True
    least: float = 0.0
    most: float = 1.0
    applies: Callable[[Decision], bool] = _always
    on_hub: str | None = None  # its name in the metadata of Hugging Face's model cards
    of_classes: bool = True  # whether the predicted classes alone say it

    def gain(self, before: float, after: float) -> float:
        """Return by how much the second score is better than the first: below 0 where it is worse."""
        return after - before if self.higher_is_better else before - after

    def best(self, values: Sequence[float]) -> int:
        """Return the place of the best value, the first of equals; NaN is worse than any."""
        ranked = [-math.inf if math.isnan(value) else self.gain(0, value) for value in values]
        return ranked.index(max(ranked))


class ByMetric(Result, Generic[T]):
    """One value for each metric, in the order in which reports show them; null where a metric does not apply."""

    balanced_accuracy: Annotated[T, Metric("balanced accuracy", balanced_accuracy, on_hub="balanced_accuracy")]
    """Unweighted mean of the recall of the classes that occur in the labels: 0 to 1, higher is better."""
    accuracy: Annotated[T, Metric("accuracy", accuracy, on_hub="accuracy")]
    """Share of rows that are predicted right: 0 to 1, higher is better."""
    macro_f1: Annotated[T, Metric("macro F1", macro_f1, on_hub="f1")]
    """Unweighted mean of the F1 of the classes that occur in labels or predictions: 0 to 1, higher is better."""
    roc_auc: Annotated[T, Metric("ROC AUC", roc_auc, on_hub="roc_auc", of_classes=False)]
    """Area under the ROC curve: 0 to 1, 0.5 by chance, higher is better. Of two classes that of the positive one, the
    last where none is named; of more the unweighted mean over the classes, each against the rest."""
    average_precision: Annotated[
        T, Metric("average precision", average_precision, on_hub="average_precision", of_classes=False)
    ]
    """Precision at each threshold, weighted by the recall that it adds: 0 to 1, by chance the share of the class,
    higher is better. Of the same classes as the ROC AUC."""
    weighted_kappa: Annotated[
        T, Metric("weighted kappa", weighted_kappa, least=-1.0, applies=lambda decision: decision.ordinal)
    ]
    """Agreement of label and predicted class beyond chance, with quadratic weights in the order of the classes: -1 to
    1, 0 by chance, higher is better; null where classes have no order. Cohen, Psychological Bulletin 70 (1968)."""
    cost: Annotated[
        T,
        Metric(
            "cost",
            cost,
            higher_is_better=False,
            least=-math.inf,
            most=math.inf,
            applies=lambda decision: decision.costs is not None,
        ),
    ]
    """Mean cost of a row's predicted class, in the unit of the matrix of costs, lower is better; null without one."""
    loss: Annotated[T, Metric("loss", loss, higher_is_better=False, most=math.inf, of_classes=False)]
    """Mean log loss in nats (the negative logarithm of the label's probability): 0 or more, lower is better."""

    def of(self, metric: str) -> T:
        """Return the value for a metric by its name."""
        value: T = getattr(self, metric)
        return value


METRICS: dict[str, Metric] = {
    name: next(metric for metric in field.metadata if isinstance(metric, Metric))
    for name, field in ByMetric.model_fields.items()
}


def score(metric: str, labels: Labels, probabilities: Table, decision: Decision) -> float:
    """Return a model's score; NaN where these rows do not define it, as the AUC of a class without rows."""
    return METRICS[metric].of(labels, probabilities, decision)


def scores(labels: Labels, probabilities: Table, decision: Decision) -> ByMetric[float | None]:
    """Return a model's score by each metric; null where a metric does not apply, or these rows do not define it."""
    found = {name: score(name, labels, probabilities, decision) for name in applicable(decision)}
    return ByMetric[float | None](**{name: _known(found.get(name, math.nan)) for name in METRICS})


def choose(models: Sequence[Table], labels: Labels, decision: Decision) -> int:
    """Return the place of the model that is best by the primary metric, of equal ones that of the lowest log loss."""

    def rank(probabilities: Table) -> tuple[float, float]:
        primary = score(decision.primary, labels, probabilities, decision)
        gain = -math.inf if math.isnan(primary) else METRICS[decision.primary].gain(0, primary)
        return gain, -score("loss", labels, probabilities, decision)

    return max(range(len(models)), key=lambda number: rank(models[number]))


def applicable(decision: Decision) -> list[str]:
    """Return the names of the metrics that apply, in the order in which reports show them."""
    return [name for name, metric in METRICS.items() if metric.applies(decision)]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value

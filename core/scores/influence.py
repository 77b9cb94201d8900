"""What each test row adds to each metric: its influence, of which intervals are made.

Hampel, Journal of the American Statistical Association 69 (1974). Of the areas: DeLong, DeLong & Clarke-Pearson,
Biometrics 44 (1988).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.decision import ranking, scoring
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.scores.clusters import Influence, of_mean

OF_CLASSES = 2.0  # rows that an interval gets added where classes count apart
OF_AREA = 1.0  # the area under the ROC curve needs fewer: a row counts by all others that it is ranked against


def _accuracy(labels: Labels, probabilities: Table, decision: Decision) -> Influence:
    return of_mean((probabilities.argmax(1) == labels).astype(np.float64), 1, 0)


def _balanced_accuracy(labels: Labels, probabilities: Table, decision: Decision) -> Influence:
    hits = (probabilities.argmax(1) == labels).astype(np.float64)
    rows = np.bincount(labels, minlength=decision.classes)
    recall = np.bincount(labels, hits, decision.classes) / np.maximum(rows, 1)
    occurs = rows > 0
    weight = occurs / np.maximum(rows, 1) / occurs.sum()
    adds = (hits - recall[labels]) * weight[labels]
    return Influence(
        float(recall[occurs].mean()), adds, labels, (1 - recall) * weight, -recall * weight, added=OF_CLASSES
    )


def _macro_f1(labels: Labels, probabilities: Table, decision: Decision) -> Influence:
    counts = scoring.confusion(labels, probabilities)
    occurrences = counts.sum(0) + counts.sum(1)
    occurs = occurrences > 0
    each = np.maximum(occurrences, 1)
    f1 = 2 * counts.diagonal() / each
    lost = f1 / each  # by one more row of the class, or predicted as it
    cells = 2 * np.diag(1 / each) - lost[:, None] - lost
    bias = -(f1 * (1 - f1) / each).sum() / occurs.sum()  # of a ratio: Cochran, Sampling Techniques (1977), section 6.8
    found = _of_cells(labels, probabilities, float(f1[occurs].mean()), cells / occurs.sum())
    return found._replace(bias=float(bias))


def _weighted_kappa(labels: Labels, probabilities: Table, decision: Decision) -> Influence:
    counts = scoring.confusion(labels, probabilities)
    actual, predicted = (counts.sum(axis) / counts.sum() for axis in (1, 0))
    ids = np.arange(len(counts))
    distances = (ids[:, None] - ids) ** 2.0
    observed, by_chance = (distances * counts).sum() / counts.sum(), actual @ distances @ predicted
    if not by_chance:
        return _of_cells(labels, probabilities, np.nan, np.zeros_like(counts))
    expected = (distances @ predicted)[:, None] + actual @ distances - 2 * by_chance
    cells = -((distances - observed) / by_chance - observed / by_chance**2 * expected) / counts.sum()
    return _of_cells(labels, probabilities, float(1 - observed / by_chance), cells)


def _of_cells(labels: Labels, probabilities: Table, value: float, cells: Table) -> Influence:
    """Return the influence where label and predicted class alone say what a row adds; a wrong row's class is any."""
    right = cells.diagonal()
    wrong = (cells.sum(1) - right) / max(len(cells) - 1, 1)
    occurs = np.bincount(labels, minlength=len(cells)) > 0
    rows = cells[labels, probabilities.argmax(1)]
    return Influence(value, rows, labels, right * occurs, wrong * occurs, added=OF_CLASSES, of_class=False)


def _roc_auc(labels: Labels, probabilities: Table, decision: Decision) -> Influence:
    parts = []
    for target in decision.ranked:
        positive = labels == target
        if positive.all() or not positive.any():
            continue
        placements = ranking.placements(positive, probabilities[:, target])
        area = placements[positive].mean()
        rows = np.where(positive, positive.sum(), (~positive).sum())
        counted = np.arange(decision.classes) == target if decision.classes > 2 else np.ones(2, dtype=bool)
        weight = counted / np.maximum(np.bincount(labels, minlength=decision.classes), 1)
        # A row that is ranked wrong stands anywhere: right of half the others.
        parts.append((area, (placements - area) / rows, (1 - area) * weight, (0.5 - area) * weight))
    return _of_ranked(labels, decision, parts, OF_AREA)


def _average_precision(labels: Labels, probabilities: Table, decision: Decision) -> Influence:
    parts = []
    for target in decision.ranked:
        positive = labels == target
        if not positive.any():
            continue
        value, rows = _of_precision(positive, probabilities[:, target])
        weight = (np.arange(decision.classes) == target) / positive.sum()
        parts.append((value, rows, (1 - value) * weight, (positive.mean() - value) * weight))
    return _of_ranked(labels, decision, parts, OF_CLASSES)


def _of_precision(positive: NDArray[np.bool_], scores: Table) -> tuple[float, Table]:
    """Return the average precision and what each row adds to it: its own precision, and its part in that of others."""
    order = np.argsort(-scores, kind="stable")
    found, places = positive[order], np.arange(len(scores))
    new = np.append(True, np.diff(scores[order]) != 0)  # rows of one score pass a threshold together
    first = np.maximum.accumulate(np.where(new, places, 0))
    after = np.append(np.flatnonzero(new)[1:], len(scores))[np.cumsum(new) - 1]
    precision = np.cumsum(found)[after - 1] / after
    value = precision[found].mean()
    part = np.where(found, 1 / after, 0)  # in the precision at each row of the class, of any row above it
    below = [np.append(np.cumsum(terms[::-1])[::-1], 0)[first] for terms in (part, part * precision)]
    rows = np.empty(len(scores))
    rows[order] = (found * (precision - value + below[0]) - below[1]) / positive.sum()
    return float(value), rows


def _of_ranked(
    labels: Labels, decision: Decision, parts: list[tuple[float, Table, Table, Table]], added: float
) -> Influence:
    if not parts:
        none = np.zeros(decision.classes)
        return Influence(np.nan, np.zeros(len(labels)), labels, none, none, added)
    values, *adds = zip(*parts, strict=True)
    rows, right, wrong = (np.mean(added_by, axis=0) for added_by in adds)
    return Influence(float(np.mean(values)), rows, labels, right, wrong, added)


def _cost(labels: Labels, probabilities: Table, decision: Decision) -> Influence:
    costs = scoring.row_costs(labels, probabilities, decision)
    assert decision.costs is not None  # row_costs has refused it
    right = decision.costs.diagonal()
    wrong = (decision.costs.sum(1) - right) / max(decision.classes - 1, 1)
    return of_mean(costs, float(right[labels].mean()), float(wrong[labels].mean()))


def _loss(labels: Labels, probabilities: Table, decision: Decision) -> Influence:
    losses = scoring.log_loss(labels, probabilities)
    return of_mean(losses, float(losses.mean()), float(losses.mean()))  # losses vary enough of themselves


INFLUENCES: dict[str, Callable[[Labels, Table, Decision], Influence]] = {
    "balanced_accuracy": _balanced_accuracy,
    "accuracy": _accuracy,
    "macro_f1": _macro_f1,
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "weighted_kappa": _weighted_kappa,
    "cost": _cost,
    "loss": _loss,
}


def of_metric(metric: str, labels: Labels, probabilities: Table, decision: Decision) -> Influence:
    """Return a model's score and what each row adds to it; NaN where these rows do not define it."""
    return INFLUENCES[metric](labels, probabilities, decision)

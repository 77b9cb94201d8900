"""The metrics by scikit-learn, and what each row adds to them: how they move with the row's weight."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    f1_score,
    log_loss,
    roc_auc_score,
)

if TYPE_CHECKING:
    from tests.independent.finished_run import FinishedRun

BOUNDS = {"loss": (0.0, np.inf), "weighted_kappa": (-1.0, 1.0)}
STEP = 1e-6


class Moves(NamedTuple):
    """A figure; what each row adds to it; what a row added to each class would, right or wrong."""

    value: float
    rows: np.ndarray
    classes: np.ndarray  # of each row; all 0 where classes do not matter
    right: np.ndarray
    wrong: np.ndarray
    added: float  # rows that an interval gets: 2 where classes count apart, else 1
    by_class: bool = True  # whether a row weighs by its class's rows
    bias: float = 0.0  # what the figure has too much on average


def applicable(run: "FinishedRun") -> list[str]:
    names = ["balanced_accuracy", "accuracy", "macro_f1", "roc_auc", "average_precision"]
    names += ["weighted_kappa"] if run.asked["primary"] == "weighted_kappa" else []
    return [*names, *(["cost"] if run.asked["cost"] else []), "loss"]


def bounds(run: "FinishedRun", metric: str) -> tuple[float, float]:
    if metric == "cost":
        return run.costs.min(), run.costs.max()
    return BOUNDS.get(metric, (0.0, 1.0))


def score(
    run: "FinishedRun", metric: str, labels: np.ndarray, table: np.ndarray, weights: np.ndarray | None = None
) -> float:
    """Return a metric of predictions, rows weighted."""
    called = table.argmax(1)
    if metric == "balanced_accuracy":
        return balanced_accuracy_score(labels, called, sample_weight=weights)
    if metric == "accuracy":
        return accuracy_score(labels, called, sample_weight=weights)
    if metric == "macro_f1":
        return f1_score(labels, called, average="macro", sample_weight=weights)
    if metric == "weighted_kappa":
        return cohen_kappa_score(labels, called, weights="quadratic", sample_weight=weights)
    if metric == "cost":
        return float(np.average(run.costs[labels, called], weights=weights))
    if metric == "loss":
        return log_loss(labels, table, labels=range(table.shape[1]), sample_weight=weights)
    of = {"roc_auc": roc_auc_score, "average_precision": average_precision_score}[metric]
    ranked = [run.target] if run.classes == 2 else range(run.classes)
    return float(np.mean([of(labels == each, table[:, each], sample_weight=weights) for each in ranked]))


def mean_moves(values: np.ndarray, right: float = 1.0, wrong: float = 0.0) -> Moves:
    """Return how a mean moves, where an added row has the one value or the other."""
    value, rows = float(np.mean(values)), len(values)
    adds = [np.array([(each - value) / rows]) for each in (right, wrong)]
    return Moves(value, (values - value) / rows, np.zeros(rows, dtype=int), *adds, added=1)


def moves(run: "FinishedRun", metric: str, labels: np.ndarray, table: np.ndarray) -> Moves:
    """Return how a metric moves with the weight of each row, by a small step of it."""
    if metric == "accuracy":
        return mean_moves((table.argmax(1) == labels).astype(float))
    if metric == "loss":
        losses = -np.log(table[np.arange(len(labels)), labels])
        return mean_moves(losses, losses.mean(), losses.mean())
    if metric == "cost":
        off = (run.costs.sum(1) - run.costs.diagonal()) / (run.classes - 1)
        return mean_moves(run.costs[labels, table.argmax(1)], run.costs.diagonal()[labels].mean(), off[labels].mean())
    if metric in ("roc_auc", "average_precision"):
        return _of_ranking(run, metric, labels, table)
    return _of_calls(run, metric, labels, table)


def _of_calls(run: "FinishedRun", metric: str, labels: np.ndarray, table: np.ndarray) -> Moves:
    """Return how a metric of label and called class moves: all rows of one cell alike, and rows that are not there."""
    kinds = [(label, called) for label in range(run.classes) for called in range(run.classes)]
    unlike = np.array(kinds).T
    all_labels, all_tables = np.append(labels, unlike[0]), np.vstack([table, np.eye(run.classes)[unlike[1]]])
    weights = np.append(np.ones(len(labels)), np.zeros(len(kinds)))
    value = score(run, metric, all_labels, all_tables, weights)
    cells = np.zeros((run.classes, run.classes))
    for place, kind in enumerate(kinds, start=len(labels)):
        moved = weights.copy()
        moved[place] = STEP
        cells[kind] = (score(run, metric, all_labels, all_tables, moved) - value) / STEP
    cells = cells.round(8)  # where all are alike it is 0, not the noise of a step
    right = cells.diagonal()
    wrong = (cells.sum(1) - right) / (run.classes - 1)
    rows = cells[labels, table.argmax(1)]
    bias = _bias_of_f1(labels, table) if metric == "macro_f1" else 0.0
    return Moves(value, rows, labels, right, wrong, 2, metric == "balanced_accuracy", bias)


def _bias_of_f1(labels: np.ndarray, table: np.ndarray) -> float:
    """Return that of the mean of ratios, of twice the rows found to those of a class and those called it: Cochran."""
    biases = []
    for each in sorted(set(labels) | set(table.argmax(1))):
        of_class, called = labels == each, table.argmax(1) == each
        found, counted = 2.0 * (of_class & called), of_class.astype(float) + called
        ratio = found.sum() / counted.sum()
        biases.append((ratio * (counted**2).sum() - (found * counted).sum()) / counted.sum() ** 2)
    return float(np.mean(biases))


def _of_ranking(run: "FinishedRun", metric: str, labels: np.ndarray, table: np.ndarray) -> Moves:
    ranked = [run.target] if run.classes == 2 else list(range(run.classes))
    right, wrong, parts = np.zeros(run.classes), np.zeros(run.classes), []
    for each in ranked:
        part = of_one(metric, labels == each, table[:, each])
        parts.append(part)
        two = run.classes == 2
        right += (
            part.right
            if two and each
            else part.right[::-1]
            if two
            else part.right[1] * (np.arange(run.classes) == each)
        )
        wrong += (
            part.wrong
            if two and each
            else part.wrong[::-1]
            if two
            else part.wrong[1] * (np.arange(run.classes) == each)
        )
    value, rows = np.mean([part.value for part in parts]), np.mean([part.rows for part in parts], axis=0)
    return Moves(float(value), rows, labels, right / len(ranked), wrong / len(ranked), parts[0].added)


def of_one(metric: str, of_class: np.ndarray, probability: np.ndarray) -> Moves:
    """Return how the ranking of one class against the rest moves; an added row is at the top, or anywhere."""
    area, counts = metric == "roc_auc", np.bincount(of_class, minlength=2)
    of, weighted = (roc_auc_score, _area) if area else (average_precision_score, _precision)
    value = of(of_class, probability)
    plain, *stepped = weighted(
        of_class, probability, np.vstack([np.ones(len(of_class)), 1 + STEP * np.eye(len(of_class))])
    )
    assert np.isclose(plain, value)
    rows = ((np.array(stepped) - plain) / STEP).round(8)
    anywhere = 0.5 if area else of_class.mean()
    matters = np.array([area, True])  # of the average precision, rows of the class alone
    right, wrong = ((each - value) * matters / counts for each in (1, anywhere))
    return Moves(value, rows, of_class.astype(int), right, wrong, 1 if area else 2)


def _area(of_class: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return for each row of weights how often a row of the class is above another, ties as half."""
    above = (np.sign(probability[:, None] - probability) + 1) / 2
    inside, outside = weights * of_class, weights * ~of_class
    return ((inside @ above) * outside).sum(1) / inside.sum(1) / outside.sum(1)


def _precision(of_class: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return for each row of weights the mean precision at the rows of the class."""
    reached = (probability[:, None] >= probability).astype(float)
    inside = weights * of_class
    return (inside * (inside @ reached) / (weights @ reached)).sum(1) / inside.sum(1)

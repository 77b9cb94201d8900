"""Logistic regression whose regularization is chosen on the rows that it is fitted to."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from core.decision.scoring import Table, log_loss
from tasks.baseline.params import Baseline

FOLDS = 5


def cross_validated(features: Any, labels: np.ndarray, scored: Any, classes: int, section: Baseline) -> Table:
    """Return the probabilities of the scored rows, shape (rows, classes); a class that was not drawn has 0."""
    drawn = np.unique(labels)
    kind = partial(_model, seed=section.seed)
    with threadpool_limits(1):  # for products this small, threads wait longer than they compute
        model = kind(strength(features, labels, section.regularization, kind, section.seed)).fit(features, labels)
    table = np.zeros((scored.shape[0], classes))
    table[:, drawn] = model.predict_proba(scored)
    return table


def _model(strength: float, seed: int) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=5000, random_state=seed)


def strength(
    features: Any,
    labels: np.ndarray,
    strengths: Sequence[float],
    kind: Callable[[float], LogisticRegression],
    seed: int,
) -> float:
    """Return the inverse regularization with the lowest log loss in stratified cross-validation.

    It is the strongest regularization where a class has too few rows for that.
    """
    rarest = int(np.bincount(labels)[np.unique(labels)].min())
    if rarest < 2:
        return min(strengths)
    folds = StratifiedKFold(min(FOLDS, rarest), shuffle=True, random_state=seed)
    numbers = np.unique(labels, return_inverse=True)[1]

    def loss(strength: float) -> float:
        held_out = cross_val_predict(kind(strength), features, numbers, cv=folds, method="predict_proba")
        return float(log_loss(numbers, held_out).mean())

    return min(strengths, key=loss)

"""Logistic regression whose regularization is chosen on the rows that it is fitted to."""

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from core.decision.scoring import Table, log_loss
from tasks.baseline.params import Baseline

FOLDS = 5


def cross_validated(features: Any, labels: np.ndarray, scored: Any, classes: int, section: Baseline) -> Table:
    """Return the probabilities of the scored rows, shape (rows, classes); a class that was not drawn has 0.

    The regularization has the lowest log loss in stratified cross-validation; the strongest one where a class has too
    few rows for it.
    """
    drawn = np.unique(labels)
    with threadpool_limits(1):  # for products this small, threads wait longer than they compute
        model = _model(_strength(features, labels, section), section).fit(features, labels)
    table = np.zeros((scored.shape[0], classes))
    table[:, drawn] = model.predict_proba(scored)
    return table


def _model(strength: float, section: Baseline) -> LogisticRegression:
    return LogisticRegression(C=strength, max_iter=5000, random_state=section.seed)


def _strength(features: Any, labels: np.ndarray, section: Baseline) -> float:
    rarest = int(np.bincount(labels)[np.unique(labels)].min())
    if rarest < 2:
        return min(section.regularization)
    folds = StratifiedKFold(min(FOLDS, rarest), shuffle=True, random_state=section.seed)
    numbers = np.unique(labels, return_inverse=True)[1]

    def loss(strength: float) -> float:
        model = _model(strength, section)
        return float(
            log_loss(numbers, cross_val_predict(model, features, numbers, cv=folds, method="predict_proba")).mean()
        )

    return min(section.regularization, key=loss)

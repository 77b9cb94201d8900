"""Linear probes of what an encoder knows of general texts, and how alike the states of two encoders are."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from core.base import paths
from core.base.errors import UserError
from core.decision.scoring import Table
from core.scores.forgetting import PRETRAINED, Alignment
from tasks.forgetting.params import Forgetting


def out_of_fold(states: Table, topics: NDArray[np.int64], section: Forgetting) -> Table:
    """Return the topics' probabilities for each row by linear probes that have not seen it: shape (rows, topics).

    The mean over several splits into folds. Alain & Bengio, Understanding intermediate layers using linear classifier
    probes (2016). Raises UserError where a topic has fewer rows than there are folds.
    """
    fewest = int(np.bincount(topics).min())
    if fewest < section.folds:
        raise UserError(
            f"{paths.PROBE_SENTENCES}: a topic has {fewest} rows, forgetting.folds is {section.folds}: lower it"
        )
    model = make_pipeline(StandardScaler(), LogisticRegression(C=section.regularization, max_iter=5000))
    splits = [
        StratifiedKFold(section.folds, shuffle=True, random_state=section.seed + number)
        for number in range(section.repeats)
    ]
    with threadpool_limits(1):  # for products this small, threads wait longer than they compute
        by_split = [cross_val_predict(model, states, topics, cv=split, method="predict_proba") for split in splits]
    return np.asarray(np.mean(by_split, axis=0))


def cka(before: Table, after: Table) -> float:
    """Return the linear centred kernel alignment of two tables of states, shape (rows, size), in [0, 1].

    1 means the same up to rotation and scale. Kornblith et al., Similarity of Neural Network Representations Revisited
    (ICML 2019), section 3.
    """
    x, y = before - before.mean(0), after - after.mean(0)
    norms = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    return float(np.linalg.norm(y.T @ x) ** 2 / norms) if norms else 0.0


def alignment(states: dict[str, Table], seed: int) -> Alignment:
    """Return each fine-tuned encoder's CKA with the pretrained one, and by chance: with the rows in another order."""
    order = np.random.default_rng(seed).permutation(len(states[PRETRAINED]))
    tuned = {name: table for name, table in states.items() if name != PRETRAINED}
    return Alignment(
        seeds={name: cka(states[PRETRAINED], table) for name, table in tuned.items()},
        chance={name: cka(states[PRETRAINED], table[order]) for name, table in tuned.items()},
    )

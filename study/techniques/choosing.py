"""Which rows to label next: by uncertainty or by diversity, with scikit-activeml's strategies, or at random.

All read the frozen encoder's states of labelled and unlabelled rows, and the labels of the labelled ones alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skactiveml.pool import CoreSet, uncertainty_scores
from skactiveml.utils import simple_batch
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from core.base import params
from core.decision.scoring import Table
from study.techniques.frozen_encoder import fitted, states_once
from study.techniques.technique import Material
from tasks.baseline.params import Baseline


@dataclass(frozen=True)
class Candidates:
    """Rows of which some are labelled."""

    states: Table  # the frozen encoder's, of all rows
    labels: NDArray[np.float64]  # class ids; NaN where a row is not labelled
    classes: int

    @property
    def labelled(self) -> NDArray[np.int64]:
        """Return the positions of the labelled rows."""
        return np.flatnonzero(~np.isnan(self.labels))

    @property
    def unlabelled(self) -> NDArray[np.int64]:
        """Return the positions of the others."""
        return np.flatnonzero(np.isnan(self.labels))


@dataclass(frozen=True)
class Chosen:
    """Rows to label, the first one first."""

    positions: list[int]
    scores: list[float]  # of the strategy: the higher, the sooner; its text says of what


Strategy = Callable[[Candidates, int, int], Chosen]  # of candidates, how many, and a seed


def by_uncertainty(candidates: Candidates, count: int, seed: int) -> Chosen:
    """Return the rows whose two most probable classes are closest (margin sampling).

    The score is 1 less the difference of the two probabilities, by the regression on the labelled rows.
    """
    labelled, unlabelled = candidates.labelled, candidates.unlabelled
    probabilities = fitted(
        candidates.states[labelled],
        candidates.labels[labelled].astype(np.int64),
        candidates.states[unlabelled],
        candidates.classes,
        params.load(Baseline),
    )
    scores = np.full(len(candidates.labels), np.nan)
    scores[unlabelled] = uncertainty_scores(probabilities, method="margin_sampling")
    positions = simple_batch(scores.copy(), random_state=seed, batch_size=count)
    return Chosen(positions.tolist(), scores[positions].tolist())


def by_diversity(candidates: Candidates, count: int, seed: int) -> Chosen:
    """Return one after another the row that is farthest from all that are labelled or chosen (core-set).

    The score is that distance, between states scaled to mean 0 and variance 1.
    """
    states = StandardScaler().fit_transform(candidates.states)
    with threadpool_limits(1):
        positions, distances = CoreSet(random_state=seed).query(
            states, candidates.labels, batch_size=count, return_utilities=True
        )
    return Chosen(positions.tolist(), distances[np.arange(count), positions].tolist())


def at_random(candidates: Candidates, count: int, seed: int) -> Chosen:
    """Return rows drawn at random, whose score says nothing: 0."""
    drawn = np.random.default_rng(seed).permutation(candidates.unlabelled)[:count]
    return Chosen(drawn.tolist(), [0.0] * count)


def predict_after(material: Material, strategy: Strategy) -> Table:
    """Return the probabilities of the frozen encoder's regression on rows that a strategy chooses from the pool.

    The first rows are the smallest draw. Each round doubles them, until there are as many as in the draw. A row's label
    is read once it has been chosen.
    """
    states, truth = states_once(material.pool), np.asarray(material.pool["labels"])
    places = {row_id: place for place, row_id in enumerate(material.pool["row_id"])}
    labelled = [places[row_id] for row_id in material.start["row_id"]]
    while missing := len(material.rows) - len(labelled):
        labels = np.full(len(truth), np.nan)
        labels[labelled] = truth[labelled]
        candidates = Candidates(states, labels, material.decision.classes)
        labelled += strategy(candidates, min(missing, len(labelled)), material.seed).positions
    chosen = np.sort(labelled)
    scored = states_once(material.scored)
    return fitted(states[chosen], truth[chosen], scored, material.decision.classes, params.load(Baseline))

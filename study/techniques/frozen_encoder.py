"""Logistic regression on the pretrained encoder's frozen states."""

import numpy as np
from datasets import Dataset
from sklearn.preprocessing import StandardScaler

from core.base import params
from core.data import tokenized_rows
from core.decision.scoring import Table
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.inference import mean_states
from core.encoders.networks import load_encoder
from core.encoders.params import Model
from study.techniques.regression import cross_validated
from study.techniques.technique import Material, Technique
from tasks.baseline.params import Baseline

_states: dict[str, Table] = {}  # of the rows that all cells score, by fingerprint: a process computes many cells


def states(rows: Dataset) -> Table:
    """Return the pretrained encoder's mean states, float64, shape (rows, size)."""
    model = params.load(Model)
    return mean_states(load_encoder(model), load_tokenizer(locate(model)), tokenized_rows.inputs(rows))


def states_once(rows: Dataset) -> Table:
    """Return the states of rows that further cells of this process will ask for."""
    key = str(rows._fingerprint)
    if key not in _states:
        _states[key] = states(rows)
    return _states[key]


def fitted(drawn: Table, labels: np.ndarray, scored: Table, classes: int, section: Baseline) -> Table:
    """Return the probabilities of a regression on states scaled to mean 0 and variance 1 in the rows drawn."""
    scaler = StandardScaler().fit(drawn)
    return cross_validated(scaler.transform(drawn), labels, scaler.transform(scored), classes, section)


def predict(material: Material) -> Table:
    """Return the probabilities of the scored rows."""
    labels, classes = np.asarray(material.rows["labels"]), material.decision.classes
    return fitted(states(material.rows), labels, states_once(material.scored), classes, params.load(Baseline))


TECHNIQUE = Technique(
    title="frozen encoder",
    description="logistic regression on the pretrained model's frozen states",
    parameters=lambda: (params.load(Model), params.load(Baseline)),
    predict=predict,
)

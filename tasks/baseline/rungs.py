"""The baselines, each a rung of the ladder: what can be had without fine-tuning. RUNGS, below, names them all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from datasets import Dataset
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from core.data import threshold_rows, tokenized_rows
from core.data.ladder import FROZEN_ENCODER, MAJORITY, TF_IDF, UNTRAINED_HEAD
from core.data.splits import HELD_OUT, SPLITS
from core.decision.decision import Decision
from core.decision.scoring import choose
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.inference import mean_states, probabilities
from core.encoders.networks import load_classifier, load_encoder
from core.encoders.params import Model
from tasks.baseline.params import Baseline
from tasks.baseline.tf_idf import tf_idf

Table = NDArray[np.float64]
Predictions = dict[str, Table]  # a split's name -> probabilities, shape (rows, classes)


@dataclass(frozen=True)
class Material:
    """What every rung may learn from, and the rows that it predicts."""

    model: Model
    section: Baseline
    decision: Decision
    rows: dict[str, Dataset]  # tokenized, by split; of train, the original ones
    texts: dict[str, pd.DataFrame]  # validated, by split

    @property
    def class_names(self) -> list[str]:
        return tokenized_rows.labels(self.rows["train"])

    @cached_property
    def states(self) -> dict[str, Table]:
        """Return the pretrained encoder's mean states of each row, by split."""
        return frozen(self.model, self.rows)

    @property
    def labels(self) -> dict[str, list[int]]:
        """Return the class ids of the rows that may be learnt from and chosen by."""
        return {split: list(self.rows[split]["labels"]) for split in ("train", "validation")}


def majority(labels: Sequence[int], classes: int, rows: dict[str, int]) -> Predictions:
    """Return the classes' shares in training as the probabilities of every row."""
    shares = np.bincount(labels, minlength=classes) / len(labels)
    return {split: np.tile(shares, (rows[split], 1)) for split in HELD_OUT}


def linear(
    features: dict[str, Any],
    labels: Mapping[str, Sequence[int]],
    choosing: NDArray[np.int64],
    section: Baseline,
    decision: Decision,
) -> Predictions:
    """Return a logistic regression's probabilities, its regularization the best on validation by the primary metric.

    `choosing` are the positions of the validation rows that choose. Of equal ones it is that of the lower log loss.
    """
    with threadpool_limits(1):  # for products this small, threads wait longer than they compute
        candidates = [
            LogisticRegression(C=strength, max_iter=5000, random_state=section.seed).fit(
                features["train"], labels["train"]
            )
            for strength in section.regularization
        ]
    predicted = [{split: model.predict_proba(features[split]) for split in HELD_OUT} for model in candidates]
    known = np.asarray(labels["validation"])[choosing]
    best = choose([of_model["validation"][choosing] for of_model in predicted], known, decision)
    return predicted[best]


def _linear(features: dict[str, Any], material: Material) -> Predictions:
    choosing = threshold_rows.choosing(material.rows["validation"])
    return linear(features, material.labels, choosing, material.section, material.decision)


def frozen(model: Model, rows: dict[str, Dataset]) -> dict[str, Table]:
    """Return the pretrained encoder's mean states of each row, by split."""
    encoder, tokenizer = load_encoder(model), load_tokenizer(locate(model))
    return {split: mean_states(encoder, tokenizer, tokenized_rows.inputs(rows[split])) for split in SPLITS}


def scaled(states: dict[str, Table]) -> dict[str, Table]:
    """Return states scaled to mean 0 and variance 1 in training."""
    scaler = StandardScaler().fit(states["train"])
    return {split: scaler.transform(states[split]) for split in SPLITS}


def untrained(model: Model, rows: dict[str, Dataset], names: list[str], seed: int) -> Predictions:
    """Return the probabilities of the model as downloaded, under a head that has learnt nothing."""
    classifier, tokenizer = load_classifier(model, names, seed), load_tokenizer(locate(model))
    return {split: probabilities(classifier, tokenizer, tokenized_rows.inputs(rows[split])) for split in HELD_OUT}


class Rung(NamedTuple):
    """A baseline."""

    name: str
    description: str  # a line of the report
    predict: Callable[[Material], Predictions]


RUNGS = (
    Rung(
        MAJORITY,
        "the share of each class in training, for every row",
        lambda material: majority(
            material.labels["train"],
            len(material.class_names),
            {split: len(material.rows[split]) for split in HELD_OUT},
        ),
    ),
    Rung(
        TF_IDF,
        "logistic regression on words and word pairs, on characters where a script writes no spaces",
        lambda material: _linear(tf_idf(material.texts, len(material.class_names)), material),
    ),
    Rung(
        UNTRAINED_HEAD,
        "the pretrained model as downloaded, its classification head untrained",
        lambda material: untrained(material.model, material.rows, material.class_names, material.section.seed),
    ),
    Rung(
        FROZEN_ENCODER,
        "logistic regression on the pretrained model's frozen states",
        lambda material: _linear(scaled(material.states), material),
    ),
)

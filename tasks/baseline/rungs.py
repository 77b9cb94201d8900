"""The baselines, each a rung of the ladder: what can be had without fine-tuning."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from datasets import Dataset
from numpy.typing import NDArray
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from core.data import tokenized_rows
from core.data.splits import HELD_OUT, SPLITS
from core.data.texts import sides
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.inference import mean_states, probabilities
from core.encoders.networks import load_classifier, load_encoder
from core.encoders.params import Model
from tasks.baseline.params import Baseline

Table = NDArray[np.float64]
Rung = dict[str, Table]  # a split's name -> probabilities, shape (rows, classes)


def majority(labels: Sequence[int], classes: int, rows: dict[str, int]) -> Rung:
    """Return the classes' shares in training as the probabilities of every row."""
    shares = np.bincount(labels, minlength=classes) / len(labels)
    return {split: np.tile(shares, (rows[split], 1)) for split in HELD_OUT}


def linear(features: dict[str, Any], labels: Mapping[str, Sequence[int]], section: Baseline) -> Rung:
    """Return a logistic regression's probabilities, its regularization the best by validation loss."""
    known = features["train"], labels["train"]
    with threadpool_limits(1):  # for products this small, threads wait longer than they compute
        candidates = [
            LogisticRegression(C=strength, max_iter=5000, random_state=section.seed).fit(*known)
            for strength in section.regularization
        ]
    best = min(candidates, key=lambda each: _loss(each, features["validation"], labels["validation"]))
    return {split: best.predict_proba(features[split]) for split in HELD_OUT}


def _loss(model: LogisticRegression, features: Any, labels: Sequence[int]) -> float:
    return float(log_loss(labels, model.predict_proba(features), labels=model.classes_))


def tf_idf(texts: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return sparse TF-IDF features of words and word pairs, fitted on training; each text of a pair has its own."""
    found = []
    for side in sides(texts["train"]):
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(texts["train"][side])
        found.append({split: vectorizer.transform(texts[split][side]) for split in SPLITS})
    return {split: hstack([each[split] for each in found], format="csr") for split in SPLITS}


def frozen(model: Model, rows: dict[str, Dataset]) -> dict[str, Table]:
    """Return the general encoder's mean states, scaled to mean 0 and variance 1 in training."""
    encoder, tokenizer = load_encoder(model), load_tokenizer(locate(model))
    states = {split: mean_states(encoder, tokenizer, tokenized_rows.inputs(rows[split])) for split in SPLITS}
    scaler = StandardScaler().fit(states["train"])
    return {split: scaler.transform(states[split]) for split in SPLITS}


def untrained(model: Model, rows: dict[str, Dataset], names: list[str], seed: int) -> Rung:
    """Return the probabilities of the model as downloaded, under a head that has learnt nothing."""
    classifier, tokenizer = load_classifier(model, names, seed), load_tokenizer(locate(model))
    return {split: probabilities(classifier, tokenizer, tokenized_rows.inputs(rows[split])) for split in HELD_OUT}

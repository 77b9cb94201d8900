"""The ladder: what can be had without fine-tuning, from a constant to the frozen general encoder.

Every rung learns from the original training rows, and predicts validation and test without reading a test label.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
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

from core import params, parquet, predictions, tokenized
from core.checkpoint import load_tokenizer, locate
from core.device import take_card
from core.encoder import load_classifier, load_encoder
from core.errors import run
from core.inference import mean_states, probabilities
from core.texts import sides

VALIDATED = Path("data/validated")
SPLITS = ("train", "validation", "test")
PREDICTED = ("validation", "test")
Table = NDArray[np.float64]
Rung = dict[str, Table]  # a split's name -> probabilities, shape (rows, classes)


def majority(labels: Sequence[int], classes: int, rows: dict[str, int]) -> Rung:
    """Return the classes' shares in training as the probabilities of every row."""
    shares = np.bincount(labels, minlength=classes) / len(labels)
    return {split: np.tile(shares, (rows[split], 1)) for split in PREDICTED}


def linear(features: dict[str, Any], labels: Mapping[str, Sequence[int]], section: params.Baseline) -> Rung:
    """Return a logistic regression's probabilities, its regularization the best by validation loss."""
    known = features["train"], labels["train"]
    with threadpool_limits(1):  # for products this small, threads wait longer than they compute
        candidates = [
            LogisticRegression(C=strength, max_iter=5000, random_state=section.seed).fit(*known)
            for strength in section.regularization
        ]
    best = min(candidates, key=lambda each: _loss(each, features["validation"], labels["validation"]))
    return {split: best.predict_proba(features[split]) for split in PREDICTED}


def _loss(model: LogisticRegression, features: Any, labels: Sequence[int]) -> float:
    return float(log_loss(labels, model.predict_proba(features), labels=model.classes_))


def tf_idf(texts: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return sparse TF-IDF features of words and word pairs, fitted on training; each text of a pair has its own."""
    found = []
    for side in sides(texts["train"]):
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(texts["train"][side])
        found.append({split: vectorizer.transform(texts[split][side]) for split in SPLITS})
    return {split: hstack([each[split] for each in found], format="csr") for split in SPLITS}


def frozen(model: params.Model, rows: dict[str, Dataset]) -> dict[str, Table]:
    """Return the general encoder's mean states, scaled to mean 0 and variance 1 in training."""
    encoder, tokenizer = load_encoder(model), load_tokenizer(locate(model))
    states = {split: mean_states(encoder, tokenizer, tokenized.inputs(rows[split])) for split in SPLITS}
    scaler = StandardScaler().fit(states["train"])
    return {split: scaler.transform(states[split]) for split in SPLITS}


def untrained(model: params.Model, rows: dict[str, Dataset], names: list[str], seed: int) -> Rung:
    """Return the probabilities of the model as downloaded, under a head that has learnt nothing."""
    classifier, tokenizer = load_classifier(model, names, seed), load_tokenizer(locate(model))
    return {split: probabilities(classifier, tokenizer, tokenized.inputs(rows[split])) for split in PREDICTED}


def main() -> None:
    chosen = params.load()
    take_card()
    rows = {split: tokenized.read(split) for split in SPLITS}
    names = tokenized.labels(rows["train"])
    rows["train"] = rows["train"].select([n for n, parent in enumerate(rows["train"]["parent"]) if parent is None])
    labels = {split: list(rows[split]["labels"]) for split in ("train", "validation")}
    texts = {split: parquet.frame(VALIDATED / f"{split}.parquet") for split in SPLITS}
    section = chosen.baseline
    rungs = {
        "majority": majority(labels["train"], len(names), {split: len(rows[split]) for split in SPLITS}),
        "tf-idf": linear(tf_idf(texts), labels, section),
        "untrained head": untrained(chosen.model, rows, names, section.seed),
        "frozen encoder": linear(frozen(chosen.model, rows), labels, section),
    }
    tables = [
        predictions.table(name, split, rows[split]["row_id"], rung[split])
        for name, rung in rungs.items()
        for split in PREDICTED
    ]
    predictions.write(predictions.BASELINE, tables)
    print(f"{len(rungs)} rungs predicted {len(rows['validation'])} validation and {len(rows['test'])} test rows")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

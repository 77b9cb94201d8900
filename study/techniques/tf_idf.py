"""Logistic regression on words and word pairs."""

import numpy as np

from core.base import params
from core.decision.scoring import Table
from study.techniques.regression import cross_validated
from study.techniques.technique import Material, Technique
from tasks.baseline.params import Baseline
from tasks.baseline.tf_idf import tf_idf


def predict(material: Material) -> Table:
    """Return the probabilities of a regression on TF-IDF features that are fitted on the draw."""
    classes = material.decision.classes
    features = tf_idf({"train": material.texts, "scored": material.scored_texts}, classes)
    labels = np.asarray(material.rows["labels"])
    return cross_validated(features["train"], labels, features["scored"], classes, params.load(Baseline))


TECHNIQUE = Technique(
    title="tf-idf",
    description="logistic regression on words and word pairs",
    parameters=lambda: (params.load(Baseline),),
    predict=predict,
    gpu=False,
)

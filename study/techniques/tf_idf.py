"""Logistic regression on words and word pairs."""

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from core.base import params
from core.data.texts import sides
from core.decision.scoring import Table
from study.techniques.regression import cross_validated
from study.techniques.technique import Material, Technique
from tasks.baseline.params import Baseline


def predict(material: Material) -> Table:
    """Return the probabilities of a regression on TF-IDF features that are fitted on the draw."""
    drawn, scored = [], []
    for side in sides(material.texts):
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit(material.texts[side])
        drawn.append(vectorizer.transform(material.texts[side]))
        scored.append(vectorizer.transform(material.scored_texts[side]))
    labels = np.asarray(material.rows["labels"])
    return cross_validated(
        hstack(drawn, format="csr"),
        labels,
        hstack(scored, format="csr"),
        material.decision.classes,
        params.load(Baseline),
    )


TECHNIQUE = Technique(
    title="tf-idf",
    description="logistic regression on words and word pairs",
    parameters=lambda: (params.load(Baseline),),
    predict=predict,
    gpu=False,
)

"""The classification head's start where no validation rows are at hand: all that is chosen is chosen within the draw.

Else it is that of tasks/finetuning/linear_probing.py, and for its reasons.
"""

from typing import Any

import numpy as np
import torch
from datasets import Dataset
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from study.techniques import regression
from tasks.finetuning.linear_probing import STRENGTHS, last_layer, states


def probe(
    classifier: Any, tokenizer: Any, drawn: Dataset, copies: Dataset, class_weights: torch.Tensor, seed: int
) -> None:
    """Set the last layer of a classifier, nothing of which has been trained yet, to the regression on what it gets.

    It is fitted to the rows drawn and to their augmented copies. The regularization is chosen by cross-validation of
    the rows drawn alone: a fold of copies would hold out what it has seen.
    """
    layer = classifier.get_submodule(last_layer(classifier))
    features, labels = states(classifier, tokenizer, drawn).numpy(), np.asarray(drawn["labels"])
    mean = features.mean(0) if layer.bias is not None else np.zeros(features.shape[1])

    def kind(strength: float) -> LogisticRegression:
        # Not scaled to variance 1: what hardly varies would get large weights, and lead fine-tuning astray.
        weights = dict(enumerate(class_weights.tolist()))
        return LogisticRegression(C=strength, class_weight=weights, fit_intercept=layer.bias is not None, max_iter=5000)

    with threadpool_limits(1):
        chosen = kind(regression.strength(features - mean, labels, STRENGTHS, kind, seed))
        if len(copies):
            features = np.concatenate([features, states(classifier, tokenizer, copies).numpy()])
            labels = np.concatenate([labels, np.asarray(copies["labels"])])
        chosen.fit(features - mean, labels)
    weight, bias = chosen.coef_, chosen.intercept_ - chosen.coef_ @ mean
    if len(chosen.classes_) == 2:  # one logit, that of the second class
        weight, bias = np.concatenate([-weight / 2, weight / 2]), np.concatenate([-bias / 2, bias / 2])
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        if layer.bias is not None:
            layer.bias.copy_(torch.from_numpy(bias))

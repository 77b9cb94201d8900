"""The classification head's start: logistic regression on what the frozen encoder gives it, before anything is tuned.

Kumar et al., Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution (ICLR 2022): linear
probing, then fine-tuning. A head that starts at random drags the encoder along while it learns, and with few rows, or
with one frequent class, has no time to.
"""

from typing import Any

import torch
from datasets import Dataset
from torch import nn
from torch.nn.functional import cross_entropy

from core.encoders.inference import logits
from core.encoders.windows import Rows

STRENGTHS = (0.1, 1.0, 10.0, 100.0)  # inverse regularization, tried in this order while validation's log loss falls
ITERATIONS = 200


def last_layer(classifier: Any) -> str:
    """Return the name of the linear layer that gives the logits: the last one that lies outside the encoder."""
    prefix = f"{classifier.base_model_prefix}."
    linear = [name for name, module in classifier.named_modules() if isinstance(module, nn.Linear)]
    return next(str(name) for name in reversed(linear) if not name.startswith(prefix))


def probe(classifier: Any, tokenizer: Any, train: Dataset, validation: Dataset, class_weights: torch.Tensor) -> None:
    """Set the last layer of a classifier, nothing of which has been trained yet, to the regression on what it gets."""
    features, held_out = (states(classifier, tokenizer, rows) for rows in (train, validation))
    labels, held_out_labels = (torch.tensor(rows["labels"]) for rows in (train, validation))
    layer = classifier.get_submodule(last_layer(classifier))
    weights = class_weights.cpu().double()
    weight, bias = fitted(features, labels, held_out, held_out_labels, weights, intercept=layer.bias is not None)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if layer.bias is not None:
            layer.bias.copy_(bias)


def states(classifier: Any, tokenizer: Any, rows: Rows) -> torch.Tensor:
    """Return what the last layer gets of each row: float64, shape (rows, size)."""
    name = last_layer(classifier)
    layer = classifier.get_submodule(name)
    classifier.set_submodule(name, nn.Identity())  # pooled and cut as logits are, by whatever the architecture does
    try:
        return torch.from_numpy(logits(classifier, tokenizer, rows))
    finally:
        classifier.set_submodule(name, layer)


def fitted(
    train: torch.Tensor,
    labels: torch.Tensor,
    validation: torch.Tensor,
    validation_labels: torch.Tensor,
    class_weights: torch.Tensor,
    intercept: bool = True,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return weights (classes, size) and biases (classes) of the regression with the lowest log loss on validation.

    Features are (rows, size), labels (rows), class_weights (classes); all of them and the result are on the CPU, in
    float64 but for the labels.
    """
    # Not scaled to variance 1: what hardly varies would get large weights, and lead fine-tuning astray.
    mean = train.mean(0) if intercept else torch.zeros_like(train[0])
    centred, held_out = train - mean, validation - mean
    parameters = torch.zeros(len(class_weights), 1 + train.shape[1], dtype=train.dtype)
    best, lowest = parameters, float("inf")
    for strength in STRENGTHS:
        parameters = _regression(parameters, centred, labels, class_weights, strength, intercept)
        loss = float(cross_entropy(_logits(parameters, held_out), validation_labels))
        if not loss < lowest:  # nor where it is not a number
            break
        best, lowest = parameters, loss
    bias, weight = best[:, 0], best[:, 1:]
    return weight, bias - weight @ mean


def _logits(parameters: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
    return torch.addmm(parameters[:, 0], features, parameters[:, 1:].T)


def _regression(
    start: torch.Tensor,
    features: torch.Tensor,
    labels: torch.Tensor,
    class_weights: torch.Tensor,
    strength: float,
    intercept: bool,
) -> torch.Tensor:
    """Return biases and weights, shape (classes, 1 + size), found by a search that begins at `start`."""
    parameters = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [parameters], max_iter=ITERATIONS, tolerance_grad=1e-4, tolerance_change=1e-7, line_search_fn="strong_wolfe"
    )

    def cost() -> torch.Tensor:
        optimizer.zero_grad()
        loss = cross_entropy(_logits(parameters, features), labels, class_weights, reduction="sum") / len(features)
        penalty = parameters[:, 1:].square().sum() / (2 * strength * len(features))
        total = loss + penalty  # scikit-learn's cost, for one row
        total.backward()
        if not intercept:
            parameters.grad[:, 0] = 0
        return total

    optimizer.step(cost)
    return parameters.detach()

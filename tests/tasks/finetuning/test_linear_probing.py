"""The head starts as logistic regression on what the frozen encoder gives it, whatever the architecture."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from core.encoders.inference import logits
from core.encoders.networks import load_classifier
from tasks import params
from tasks.finetuning import linear_probing, trainable

ROWS = [{"input_ids": ids} for ids in ([2, 40, 41, 3], [2, 50, 3], [2, 42, 41, 43, 3], [2, 51, 52, 3])]


def clusters(rows: int, classes: int, seed: int, apart: float = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Return features around a centre for each class, which overlap, and the classes."""
    centres = torch.from_numpy(np.random.default_rng(0).normal(size=(classes, 8)))
    generator = np.random.default_rng(seed)
    labels = torch.from_numpy(generator.integers(0, classes, rows))
    return apart * centres[labels] + torch.from_numpy(generator.normal(size=(rows, 8))), labels


def test_the_regression_is_scikit_learns_with_the_regularization_that_suits_validation():
    train, labels = clusters(120, 3, seed=1)
    held_out, held_out_labels = clusters(60, 3, seed=2)
    weight, bias = linear_probing.fitted(train, labels, held_out, held_out_labels, torch.ones(3).double())
    expected = min(
        (LogisticRegression(C=strength, max_iter=5000, tol=1e-8).fit(train, labels) for strength in (0.1, 1, 10, 100)),
        key=lambda model: -np.log(model.predict_proba(held_out)[range(60), held_out_labels]).mean(),
    )
    found = (held_out @ weight.T + bias).softmax(1).numpy()
    np.testing.assert_allclose(found, expected.predict_proba(held_out), atol=2e-3)


def test_class_weights_lead_it_to_the_rare_class():
    train, labels = clusters(300, 2, seed=1, apart=0.3)
    kept = (labels == 0) | (torch.arange(300) < 40)
    train, labels = train[kept], labels[kept]

    def share_of_the_rare_class(*weights: float) -> float:
        found = linear_probing.fitted(train, labels, train, labels, torch.tensor(weights).double())
        return float((train @ found[0].T + found[1]).argmax(1).double().mean())

    assert share_of_the_rare_class(1, 10) > share_of_the_rare_class(1, 1)


def test_what_hardly_varies_gets_no_large_weights():
    train, labels = clusters(40, 2, seed=1)
    faint = 1e-6 * train
    weight, _ = linear_probing.fitted(faint, labels, faint, labels, torch.ones(2).double())
    assert weight.abs().max() < 1


@pytest.mark.parametrize("family", ["bert", "distilbert"])
@pytest.mark.parametrize("method", ["full", "lora", "head"])
def test_the_last_layer_gives_what_the_regression_says_of_what_it_gets(tiny_params, family, method):
    tiny_params({"finetuning.method": method}, family)
    chosen = params.load()
    classifier = load_classifier(chosen.model, ["a", "b"], 1)
    trainable.prepare(classifier, chosen.model, chosen.finetuning)
    states = linear_probing.states(classifier, None, ROWS)
    before = logits(classifier, None, ROWS)
    layer = classifier.get_submodule(linear_probing.last_layer(classifier))
    again = states @ layer.weight.detach().double().T + layer.bias.detach().double()
    np.testing.assert_allclose(again, before, atol=1e-5)
    assert layer.weight.requires_grad

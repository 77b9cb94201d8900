"""The head's start: a regression on what the head gets of the draw, its strength chosen within the draw."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from torch import nn

from core.base import params
from core.data import tokenized_rows
from core.encoders.checkpoint import load_tokenizer
from core.encoders.inference import logits, probabilities
from core.encoders.networks import load_classifier
from core.encoders.params import Model
from study.techniques.probing import probe
from tasks.finetuning.linear_probing import STRENGTHS, last_layer, states
from tests.conftest import ENCODER, WORDS
from tests.study.techniques.material import tokenized

THREE = ["chest", "leg", "rash"]


@pytest.fixture
def tokenizer(tiny_params):
    tiny_params()
    Path(ENCODER, "1_Pooling").mkdir()
    Path(ENCODER, "1_Pooling/config.json").write_text('{"pooling_mode": "mean"}', encoding="utf-8")
    return load_tokenizer(Path(ENCODER))


def classifier(names):
    return load_classifier(params.load(Model), names, seed=1)


def rows(count, names, seed=0):
    """Return rows of words by chance, among them their label's own more often than not."""
    generator = np.random.default_rng(seed)
    labels = [number % len(names) for number in range(count)]
    texts = [
        " ".join([*generator.choice(WORDS.split(), 4), *[names[label]] * int(generator.integers(0, 4))])
        for label in labels
    ]
    return tokenized(texts, labels, names)


def regression(strength, weights=None):
    return LogisticRegression(C=strength, max_iter=5000, class_weight=weights)


@pytest.mark.parametrize("names", [["chest", "leg"], THREE])
def test_the_head_is_the_regression_with_the_lowest_log_loss_in_cross_validation(tokenizer, names):
    drawn = rows(60, names)
    network = classifier(names)
    features, labels = states(network, tokenizer, drawn).numpy(), np.asarray(drawn["labels"])
    folds = StratifiedKFold(5, shuffle=True, random_state=3)
    losses = [
        -cross_val_score(regression(s), features, labels, cv=folds, scoring="neg_log_loss").mean() for s in STRENGTHS
    ]
    expected = regression(STRENGTHS[int(np.argmin(losses))]).fit(features, labels)
    assert max(losses) - min(losses) > 1e-3
    probe(network, tokenizer, drawn, drawn.select([]), torch.ones(len(names)), seed=3)
    found = probabilities(network, tokenizer, tokenized_rows.inputs(drawn))
    assert found == pytest.approx(expected.predict_proba(features), abs=5e-3)


def test_of_one_row_a_class_it_is_the_strongest_regularization(tokenizer):
    drawn = rows(3, THREE)
    network = classifier(THREE)
    features = states(network, tokenizer, drawn).numpy()
    expected = regression(min(STRENGTHS)).fit(features, drawn["labels"])
    probe(network, tokenizer, drawn, drawn.select([]), torch.ones(3), seed=3)
    assert probabilities(network, tokenizer, drawn) == pytest.approx(expected.predict_proba(features), abs=5e-3)


def test_copies_are_learnt_from_and_choose_nothing(tokenizer):
    drawn = rows(3, THREE)  # one a class: with copies among the folds there would be a choice
    copies = rows(30, THREE, seed=1)
    network = classifier(THREE)
    features = np.concatenate([states(network, tokenizer, each).numpy() for each in (drawn, copies)])
    expected = regression(min(STRENGTHS)).fit(features, [*drawn["labels"], *copies["labels"]])
    probe(network, tokenizer, drawn, copies, torch.ones(3), seed=3)
    everything = expected.predict_proba(features[:3])
    assert probabilities(network, tokenizer, drawn) == pytest.approx(everything, abs=5e-3)


def test_classes_weigh_as_they_are_told_to(tokenizer):
    drawn = rows(2, ["chest", "leg"])
    heavy = []
    for weights in ([1.0, 1.0], [1.0, 9.0]):
        network = classifier(["chest", "leg"])
        probe(network, tokenizer, drawn, drawn.select([]), torch.tensor(weights), seed=3)
        heavy.append(probabilities(network, tokenizer, drawn)[:, 1].mean())
    assert heavy == pytest.approx([0.5, 0.9], abs=0.01)


def test_a_head_without_intercept_gets_none(tokenizer):
    drawn = rows(30, THREE)
    network = classifier(THREE)
    layer = network.get_submodule(last_layer(network))
    network.set_submodule(last_layer(network), nn.Linear(layer.in_features, 3, bias=False))
    probe(network, tokenizer, drawn, drawn.select([]), torch.ones(3), seed=3)
    features = states(network, tokenizer, drawn).numpy()
    weight = network.get_submodule(last_layer(network)).weight.detach().numpy()
    assert logits(network, tokenizer, drawn) == pytest.approx(features @ weight.T, abs=1e-2)

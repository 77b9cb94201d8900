"""Rows keep their order, and padding changes nothing."""

from pathlib import Path

import numpy as np
import pytest

from core import params
from core.checkpoint import load_tokenizer
from core.encoder import load_classifier, load_encoder
from core.inference import batches, mean_states, probabilities

ROWS = [{"input_ids": ids} for ids in ([2, 5, 6, 7, 8, 9, 3], [2, 4, 3], [2, 10, 11, 12, 3], [2, 5, 3])]


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_each_row_gets_the_same_probabilities_alone_as_in_a_padded_batch(tiny_params, family):
    tiny_params(family=family)
    classifier = load_classifier(params.load().model, ["a", "b", "c"], 0)
    tokenizer = load_tokenizer(Path("models/pretrained/encoder"))
    together = probabilities(classifier, tokenizer, ROWS)
    alone = np.stack([probabilities(classifier, tokenizer, [row])[0] for row in ROWS])
    assert together.shape == (4, 3)
    assert together.sum(1) == pytest.approx(np.ones(4))
    assert together == pytest.approx(alone, abs=1e-6)


def test_mean_states_leave_padding_out(tiny_params):
    tiny_params()
    encoder, tokenizer = load_encoder(params.load().model), load_tokenizer(Path("models/pretrained/encoder"))
    together = mean_states(encoder, tokenizer, ROWS)
    alone = np.stack([mean_states(encoder, tokenizer, [row])[0] for row in ROWS])
    assert together.shape == (4, 16)
    assert together == pytest.approx(alone, abs=1e-6)


def test_a_batch_takes_as_many_tokens_as_it_may_and_a_row_that_is_longer_comes_alone():
    assert list(batches([3, 0, 1, 2], [6, 6, 4, 20], most=12)) == [[3], [0, 1], [2]]
    assert list(batches([], [], most=12)) == []

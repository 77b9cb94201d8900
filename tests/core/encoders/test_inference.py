"""Rows keep their order, and padding changes nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from core.base.errors import UserError
from core.encoders.checkpoint import load_tokenizer
from core.encoders.inference import mean_states, next_batch, probabilities
from core.encoders.networks import load_classifier, load_encoder
from tasks import params

APART = 0.05  # of a probability: between rows of a classifier that has something to say of each
ROWS = [{"input_ids": ids} for ids in ([2, 5, 6, 7, 8, 9, 3], [2, 4, 3], [2, 10, 11, 12, 3], [2, 5, 3])]


def with_something_to_say(classifier: Any) -> None:
    """Draw weights far from the initial ones, with which every row gets nearly the same probabilities."""
    torch.manual_seed(0)
    for weight in classifier.parameters():
        if weight.ndim == 2:
            torch.nn.init.normal_(weight, std=0.5)


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_each_row_gets_the_same_probabilities_alone_as_in_a_padded_batch(tiny_params, family):
    tiny_params(family=family)
    classifier = load_classifier(params.load().model, ["a", "b", "c"], 0)
    tokenizer = load_tokenizer(Path("models/pretrained/encoder"))
    with_something_to_say(classifier)
    together = probabilities(classifier, tokenizer, ROWS)
    alone = np.stack([probabilities(classifier, tokenizer, [row])[0] for row in ROWS])
    assert together.shape == (4, 3) and np.ptp(together, axis=0).max() > APART
    assert together.sum(1) == pytest.approx(np.ones(4))
    assert together == pytest.approx(alone, abs=1e-6)


def test_mean_states_leave_padding_out(tiny_params):
    tiny_params()
    encoder, tokenizer = load_encoder(params.load().model), load_tokenizer(Path("models/pretrained/encoder"))
    together = mean_states(encoder, tokenizer, ROWS)
    alone = np.stack([mean_states(encoder, tokenizer, [row])[0] for row in ROWS])
    assert together.shape == (4, 16)
    assert together == pytest.approx(alone, abs=1e-6)


def short_of_memory(network: Any, most: int) -> Any:
    """Make a network raise what CUDA raises, for batches of more than so many tokens."""

    def refuse(part: Any, given: Any, named: dict[str, Any]) -> None:
        if named["input_ids"].numel() > most:
            raise RuntimeError("CUDA error: out of memory")

    network.register_forward_pre_hook(refuse, with_kwargs=True, prepend=True)
    return network


def test_where_memory_is_short_rows_pass_a_few_at_a_time_and_their_order_stays(tiny_params, capsys):
    tiny_params()
    tokenizer, rows = (
        load_tokenizer(Path("models/pretrained/encoder")),
        [{"input_ids": [2, *[5] * (n % 20), 3]} for n in range(40)],
    )
    classifier = load_classifier(params.load().model, ["a", "b", "c"], 0)
    with_something_to_say(classifier)
    expected = probabilities(classifier, tokenizer, rows)
    assert np.ptp(expected, axis=0).max() > APART
    found = probabilities(short_of_memory(classifier, 64), tokenizer, rows)
    assert found == pytest.approx(expected, abs=1e-3)
    assert "out of memory with 40 rows at a time: 20 at a time" in capsys.readouterr().out


def test_where_a_single_row_does_not_fit_one_line_says_so(tiny_params):
    tiny_params()
    classifier = load_classifier(params.load().model, ["a", "b", "c"], 0)
    with pytest.raises(UserError, match="one row of 7 tokens at a time: lower tokenization.max_length"):
        probabilities(short_of_memory(classifier, 0), load_tokenizer(Path("models/pretrained/encoder")), ROWS)


class OnMps(TorchDispatchMode):
    """Metal knows no float64: refuses what is computed in it on a device, for which meta stands."""

    def __torch_dispatch__(self, function: Any, types: Any, given: Any = (), named: Any = None) -> Any:
        found = function(*given, **named or {})
        assert not (isinstance(found, torch.Tensor) and found.is_meta and found.dtype == torch.float64), function
        return found


def test_nothing_on_a_device_is_computed_in_float64(tiny_params, monkeypatch):
    tiny_params()
    network = load_encoder(params.load().model)
    monkeypatch.setattr("core.encoders.inference.device", lambda: torch.device("meta"))
    # What meta computes cannot be read; all that precedes reading is computed.
    with OnMps(), pytest.raises(NotImplementedError, match="Cannot copy out of meta"):
        mean_states(network, load_tokenizer(Path("models/pretrained/encoder")), ROWS)


def test_a_batch_takes_as_many_tokens_as_it_may_and_a_row_that_is_longer_comes_alone():
    lengths = [6, 6, 4, 20]
    assert next_batch([3, 0, 1, 2], lengths, most=12) == [3]
    assert next_batch([0, 1, 2], lengths, most=12) == [0, 1]
    assert next_batch([2], lengths, most=12) == [2]

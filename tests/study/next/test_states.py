"""States of unlabelled texts, beside the labelled rows."""

import numpy as np
import pytest

from core.data import tokenized_rows
from study.next import states
from study.techniques import frozen_encoder
from tests.conftest import notes

pytestmark = pytest.mark.usefixtures("tokenized")


@pytest.mark.parametrize("long", ["truncate", "head_tail", "chunks"])
def test_texts_have_the_states_that_they_would_have_as_rows_of_a_split(tiny_params, long):
    from tasks.tokenization.__main__ import main as tokenization

    tiny_params({"tokenization.long": long, "tokenization.max_length": 8})
    tokenization()
    expected = frozen_encoder.states(tokenized_rows.read("test"))
    assert states.of_texts(notes("test", 8)) == pytest.approx(expected, abs=1e-5)


def test_original_training_rows_alone_are_labelled():
    found = states.candidates(notes("new", 5))
    assert found.labelled.tolist() == list(range(12))  # the augmented copy is none of them
    assert found.unlabelled.tolist() == list(range(12, 17))
    assert found.states.shape == (17, 16)
    assert found.classes == 2
    assert found.labels[:12].tolist() == list(np.arange(12) % 2)

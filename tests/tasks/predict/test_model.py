"""Texts are encoded some at a time, and the network reads what it would read of all."""

from pathlib import Path

import pytest

from core.data.published import Published
from core.encoders.checkpoint import load_tokenizer
from tasks.predict import model

TEXTS = ["patient note has had denies no", "pain", "rash", "severe melena " * 9, "note"]


@pytest.mark.parametrize("long", ["truncate", "head_tail", "chunks"])
def test_how_many_texts_are_encoded_at_a_time_makes_no_difference(encoders, monkeypatch, long):
    published = Published.model_construct(max_length=5, long=long)
    tokenizer = load_tokenizer(Path(encoders["bert"]))
    together = list(model.tokens([TEXTS], tokenizer, published))
    monkeypatch.setattr(model, "TEXTS_AT_A_TIME", 2)
    assert list(model.tokens([TEXTS], tokenizer, published)) == together
    assert len(together) == len(TEXTS)

"""Words are counted with their subwords as the tokenizer makes them."""

import logging
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from core.encoders.checkpoint import load_tokenizer
from tasks.tokenization import subwords

TEXTS = ["Severe melena, 5 mg; mild rash.", "Rash! Rash ünd mélena"]


@pytest.fixture
def words(encoders):
    return subwords.Words(load_tokenizer(Path(encoders["bert"])))


def vocabulary(texts, words):
    return subwords.vocabulary(Counter(chain.from_iterable(words.each(texts))))


def test_words_keep_their_order_and_name_their_subwords(words):
    first, second = words.each(TEXTS)
    assert [word.text for word in first] == ["severe", "melena", "mg", "mild", "rash"]  # no marks, no numbers
    assert first[2].subwords == ("m", "##g")
    assert [word.text for word in second] == ["rash", "rash", "ünd", "mélena"]


def test_split_words_are_those_of_two_or_more_subwords(words):
    assert [[word.text for word in found if len(word.subwords) > 1] for found in words.each([*TEXTS, ""])] == [
        ["mg"], ["ünd"], []
    ]  # fmt: skip


def test_counts_are_shares_of_running_and_of_different_words(words):
    found = subwords.counts(vocabulary(TEXTS, words))
    assert found.words == 9
    assert found.different_words == 7
    assert found.pieces_per_word == pytest.approx((9 + 1 + 2) / 9, abs=1e-4)
    assert found.broken == pytest.approx(2 / 9, abs=1e-4)
    assert found.broken_different == pytest.approx(2 / 7, abs=1e-4)


def test_a_word_of_unknown_letters_is_unknown(words):
    found = vocabulary(["rash ж"], words).set_index("word")["unknown"]
    assert found.to_dict() == {"rash": False, "ж": True}


def test_the_most_frequent_word_comes_first_and_overlap_ignores_case(words):
    domain, general = (vocabulary(texts, words) for texts in (TEXTS, ["A RASH today"]))
    assert domain["word"][0] == "rash"
    shared = subwords.overlap(domain, general)
    assert shared.different_words == pytest.approx(1 / 7, abs=1e-4)
    assert shared.words == pytest.approx(3 / 9, abs=1e-4)


def test_texts_without_a_word_have_shares_of_0(words):
    empty = vocabulary(["5 6", ""], words)
    assert set(subwords.counts(empty).model_dump().values()) == {0}
    assert set(subwords.overlap(empty, empty).model_dump().values()) == {0}


def test_a_text_longer_than_the_model_may_read_is_no_reason_to_warn(words, monkeypatch, caplog):
    monkeypatch.setattr(logging.getLogger("transformers"), "propagate", True)
    words.tokenizer.model_max_length = 8
    with caplog.at_level(logging.WARNING, "transformers"):
        assert len(next(words.each(["5 mg " * 20]))) == 20
    assert not caplog.messages

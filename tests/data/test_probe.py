"""The general probe keeps the promises of its card."""

import re
from collections import Counter
from itertools import combinations

import pandas as pd
import pytest

from core.base import paths
from core.data import probe_sentences
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.inference import mean_states
from core.encoders.networks import load_encoder
from tasks import params
from tasks.forgetting import __main__ as forgetting
from tests.conftest import PARAMS, ROOT

TOPICS = {"cooking", "sport", "technology", "travel", "weather"}
pytestmark = pytest.mark.skipif(
    {*pd.read_csv(ROOT / paths.PROBE_SENTENCES).get("topic", [])} != TOPICS,
    reason="data/probe holds another probe by now",
)


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.chdir(ROOT)
    return probe_sentences.read()


def test_the_topics_are_five_and_even(rows):
    assert {*rows["topic"]} == TOPICS
    assert len(set(Counter(rows["topic"]).values())) == 1
    assert len(rows) >= 400


def test_each_text_has_8_to_25_words(rows):
    assert all(8 <= len(text.split()) <= 25 for text in rows["text"])


def test_no_two_texts_share_more_than_a_third_of_their_words(rows):
    words = [set(re.findall(r"\w+", text.lower())) for text in rows["text"]]
    assert max(len(one & two) / len(one | two) for one, two in combinations(words, 2)) <= 1 / 3


def test_the_frozen_general_encoder_does_well_on_it_but_not_perfectly(rows):
    chosen = params.load(PARAMS)
    tokenizer = load_tokenizer(locate(chosen.model))
    states = mean_states(
        load_encoder(chosen.model),
        tokenizer,
        [{"input_ids": ids} for ids in tokenizer(rows["text"].tolist())["input_ids"]],
    )
    topics = rows["topic"].astype("category").cat.codes.to_numpy(dtype=int)
    found = forgetting.out_of_fold(states, topics, chosen.forgetting.model_copy(update={"repeats": 1}))
    assert 0.85 <= (found.argmax(1) == topics).mean() <= 0.97

"""Logistic regression on words and word pairs."""

import numpy as np
import pytest

from study.techniques.tf_idf import TECHNIQUE
from tests.conftest import notes
from tests.study.techniques.material import material


def test_it_learns_what_the_labels_hang_on(tiny_params):
    tiny_params()
    given = material(notes("train", 32), notes("test", 8))
    assert (TECHNIQUE.predict(given).argmax(1) == np.asarray(given.scored["labels"])).all()


def test_words_that_the_draw_lacks_tell_nothing(tiny_params):
    tiny_params()
    scored = notes("test", 2).assign(text=["word unseen", "another one unseen"])
    table = TECHNIQUE.predict(material(notes("train", 32), scored))
    assert table[0] == pytest.approx(table[1])


def test_of_pairs_each_text_has_features_of_its_own(tiny_params):
    tiny_params()
    drawn, scored = (notes(split, count) for split, count in (("train", 32), ("test", 8)))
    signs = {"routine": "mild", "urgent": "severe"}
    drawn, scored = (
        rows.assign(text=[f"mild severe {n}" for n in range(len(rows))], text_pair=rows["label"].map(signs))
        for rows in (drawn, scored)
    )
    given = material(drawn, scored)
    assert (TECHNIQUE.predict(given).argmax(1) == np.asarray(given.scored["labels"])).all()


def test_scripts_without_spaces_are_read_by_characters(tiny_params):
    tiny_params()
    signs = {"routine": "天气很好", "urgent": "胸口剧痛"}
    drawn, scored = (
        rows.assign(text=[f"{chr(first + n)}{signs[label]}" for n, label in enumerate(rows["label"])])
        for rows, first in ((notes("train", 32), 0x5000), (notes("test", 8), 0x6000))  # each sentence is unique
    )
    given = material(drawn, scored)
    assert (TECHNIQUE.predict(given).argmax(1) == np.asarray(given.scored["labels"])).all()

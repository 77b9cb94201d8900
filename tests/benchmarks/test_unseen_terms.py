"""Development corpora never use what the sample's draw holds out, and hold out a quarter of the rest themselves."""

import pytest

from benchmarks import label_noise, unseen_terms
from core.base.errors import UserError
from data.sample import generate as sample

FINDINGS = ("red", "harmless")


def test_development_corpora_use_no_finding_that_the_draw_in_data_raw_holds_out():
    sample.main("--seed", "00000002", "--output", "data/raw")
    held_out = {
        entry["name"]
        for kind in FINDINGS
        for entry in sample.divided(sample.read_vocabulary(), "00000002")[kind]
        if entry["held_out"]
    }
    corpus = sample.generate(unseen_terms.training_vocabulary(), unseen_terms.CORPORA[0])
    named = {split: {mention.finding for note in notes for mention in note.mentions} for split, notes in corpus.items()}
    assert len(held_out) == 64 and not held_out & set.union(*named.values())
    assert len(named["test"]) == 192 and len(named["test"] - named["train"]) == 48
    assert len(corpus["test"]) == unseen_terms.ROWS


def test_where_data_raw_names_no_draw_a_development_draw_stands_in_for_it():
    assert len(unseen_terms.training_vocabulary()["red"]) == 96


def test_wrong_labels_are_those_of_the_draw_in_data_raw():
    with pytest.raises(UserError, match="data/raw holds no draw of data/sample.*dvc pull data/raw.dvc"):
        label_noise.wrong_labels("train")
    sample.main("--seed", "00000002", "--output", "data/raw")
    assert len(label_noise.wrong_labels("train")) == 40
    assert label_noise.wrong_labels("validation") == set()

"""The rows of a split as later stages read them, made of two rows that each lack something."""

from pathlib import Path

import pandas as pd
import pytest

from core.data import tokenized_rows
from core.encoders.checkpoint import load_tokenizer
from tasks.tokenization.dataset import counts, read_rows, tokenize, without_held_out
from tasks.tokenization.params import Tokenization

ROWS = pd.DataFrame(
    {
        "row_id": ["train-1", "train-1+typo"],
        "text": ["severe pain mg", "sever pain"],
        "label": ["urgent", "urgent"],
        "group": ["p1", None],
        "parent": [None, "train-1"],
        "slice ward": ["north", None],
    }
).astype(object)
ROWS = ROWS.where(ROWS.notna(), None)


@pytest.fixture
def dataset(encoders):
    section = Tokenization(max_length=8, long="truncate")
    return tokenize(ROWS, ["routine", "urgent"], load_tokenizer(Path(encoders["bert"])), section)


def test_of_training_rows_with_a_held_out_text_copies_alone_go():
    held_out = pd.DataFrame({"text": ["Sever pain.", "severe  pain mg"]})
    assert list(without_held_out(ROWS, [held_out[:1], held_out[1:]])["row_id"]) == ["train-1"]
    assert len(without_held_out(ROWS, [held_out[1:]])) == 2


def test_a_row_has_its_tokens_its_class_and_what_slices_are_made_by(dataset):
    assert dataset.column_names == [
        "row_id", "parent", "group", "labels", "input_ids", "truncated", "length", "broken_words", "slice ward"
    ]  # fmt: skip
    assert dataset[0]["labels"] == 1
    assert dataset[0]["length"] == len(dataset[0]["input_ids"]) == 6  # [CLS] severe pain m ##g [SEP]
    assert list(dataset["broken_words"]) == [1, 1]
    assert list(dataset["slice ward"]) == ["north", None]


def test_the_second_column_that_rows_share_passes_through(encoders):
    section = Tokenization(max_length=8, long="truncate")
    tokenizer = load_tokenizer(Path(encoders["bert"]))
    rows = tokenize(ROWS.assign(cluster=ROWS["slice ward"]), ["routine", "urgent"], tokenizer, section)
    assert list(rows["cluster"]) == ["north", None]
    assert list(tokenized_rows.clusters(rows)) == ["north", "train-1+typo"]


def test_synthetic_rows_are_counted_and_lengths_are_in_tokens(dataset):
    counted = counts(dataset)
    assert (counted.rows, counted.synthetic, counted.windows) == (2, 1, 2)
    assert counted.longest == 8
    assert counted.truncated == sum(dataset["truncated"])
    assert counted.mean_tokens == (6 + 8) / 2


def test_training_alone_has_synthetic_rows(validated):
    assert list(read_rows("train")["parent"]).count("train-1") == 1
    assert list(read_rows("test")["parent"].unique()) == [None]
    assert list(read_rows("test")["group"].unique()) == [None]  # and not the text "nan"

"""The rows of a split as later stages read them, made of two rows that each lack something."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from datasets import Dataset

from core.base import paths
from core.data import tokenized_rows
from core.encoders.checkpoint import load_tokenizer
from tasks.tokenization.dataset import Tokenizing, counts, features, read_rows, text_keys, without, written
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


def tokenize(rows: pd.DataFrame, folder: str) -> Dataset:
    section = Tokenization(max_length=8, long="truncate")
    columns = features(rows, ["routine", "urgent"], section)
    by = Tokenizing(load_tokenizer(Path(folder)), section, columns)
    return written(Path("rows.arrow"), [by.tokenize(pa.Table.from_pandas(rows, preserve_index=False))], columns)


@pytest.fixture
def dataset(encoders):
    return tokenize(ROWS, encoders["bert"])


def test_of_copies_those_with_a_held_out_text_go_and_of_original_rows_none(validated):
    test = pd.read_parquet(paths.validated("test"))
    test.assign(text=["Sever pain.", "severe  pain mg", *test["text"][2:]]).to_parquet(paths.validated("test"))
    held_out = text_keys(["test"])
    copies = pa.Table.from_pandas(ROWS.iloc[1:].assign(text=["Sever pain"]))
    assert len(without(copies, held_out)) == 0
    assert len(without(copies, text_keys(["validation"]))) == 1
    assert len(without(copies.drop_columns("parent"), held_out)) == 1


def test_a_row_has_its_tokens_its_class_and_what_slices_are_made_by(dataset):
    assert dataset.column_names == [
        "row_id", "parent", "group", "labels", "input_ids", "truncated", "length", "broken_words", "slice ward"
    ]  # fmt: skip
    assert dataset[0]["labels"] == 1
    assert dataset[0]["length"] == len(dataset[0]["input_ids"]) == 6  # [CLS] severe pain m ##g [SEP]
    assert list(dataset["broken_words"]) == [1, 1]
    assert list(dataset["slice ward"]) == ["north", None]


def test_the_second_column_that_rows_share_passes_through(encoders):
    rows = tokenize(ROWS.assign(cluster=ROWS["slice ward"]), encoders["bert"])
    assert list(rows["cluster"]) == ["north", None]
    assert list(tokenized_rows.clusters(rows)) == ["north", "train-1+typo"]


def test_synthetic_rows_are_counted_and_lengths_are_in_tokens(dataset):
    counted = counts(dataset)
    assert (counted.rows, counted.synthetic, counted.windows) == (2, 1, 2)
    assert counted.longest == 8
    assert counted.truncated == sum(dataset["truncated"])
    assert counted.mean_tokens == (6 + 8) / 2


def test_training_alone_has_synthetic_rows(validated):
    assert ["parent" in rows.column_names for rows in read_rows("train")] == [False, True]
    assert ["parent" in rows.column_names for rows in read_rows("test")] == [False]


def test_a_missing_group_is_none_and_not_the_text_nan(dataset):
    assert list(dataset["group"]) == ["p1", None]

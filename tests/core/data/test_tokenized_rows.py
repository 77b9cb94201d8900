"""Tokenized rows that are missing or damaged name the command that makes them."""

from pathlib import Path

import pytest
from datasets import Dataset

from core.base.errors import UserError
from core.data import tokenized_rows


def test_missing_rows_name_the_command_that_makes_them():
    with pytest.raises(UserError, match="data/tokenized/train is missing.*dvc repro"):
        tokenized_rows.read("train")


def test_damaged_rows_are_named():
    folder = Path("data/tokenized/train")
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{}")
    with pytest.raises(UserError, match="data/tokenized/train is damaged"):
        tokenized_rows.read("train")


def test_what_rows_share_besides_their_group_is_read_where_there_is_such_a_column():
    rows = Dataset.from_dict({"row_id": ["a", "b", "c"], "group": ["p", "p", None], "cluster": ["rash", None, "rash"]})
    assert list(tokenized_rows.groups(rows)) == ["p", "p", "c"]
    assert list(tokenized_rows.clusters(rows)) == ["rash", "b", "rash"]
    assert tokenized_rows.clusters(rows.remove_columns("cluster")) is None

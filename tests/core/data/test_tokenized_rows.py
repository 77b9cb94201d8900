"""Tokenized rows that are missing or damaged name the command that makes them."""

from pathlib import Path

import pytest

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

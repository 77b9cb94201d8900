"""Tokenized rows that are missing or damaged name the command that makes them."""

from pathlib import Path

import pytest

from core import tokenized
from core.errors import UserError


def test_missing_rows_name_the_command_that_makes_them():
    with pytest.raises(UserError, match="data/tokenized/train is missing.*dvc repro"):
        tokenized.read("train")


def test_damaged_rows_are_named():
    folder = Path("data/tokenized/train")
    folder.mkdir(parents=True)
    (folder / "state.json").write_text("{}")
    with pytest.raises(UserError, match="data/tokenized/train is damaged"):
        tokenized.read("train")

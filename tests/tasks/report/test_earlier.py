"""An earlier model is a rung of the ladder on today's rows, new ones among them: case 28."""

import shutil

import pandas as pd
import pytest

from core.base import paths
from core.base.errors import UserError
from core.data import predictions
from core.scores import metrics
from tasks.report import earlier


def add_row(text: str) -> None:
    path = paths.validated("test")
    rows = pd.read_parquet(path)
    pd.concat([rows, rows[:1].assign(row_id="test-99", text=text)]).to_parquet(path, index=False)


def test_it_says_of_old_rows_what_it_said_and_of_new_ones_too(committed, capsys):
    seed = str(metrics.read().published_seed)
    known = predictions.read(paths.FINETUNED_PREDICTIONS)
    expected = known[known["model"] == seed].set_index("row_id")["probabilities"]
    add_row("a severe rash of today")
    earlier.main("HEAD")
    found = pd.read_parquet(earlier.FILE).set_index("row_id")
    assert list(found.columns) == ["routine", "urgent"] and set(found.index) == {*expected.index, "test-99"}
    assert {row: list(expected[row]) for row in expected.index} == {
        row: found.loc[row].tolist() for row in expected.index
    }
    assert "baseline.external: {earlier: data/external/earlier.parquet}" in capsys.readouterr().out


def test_a_model_that_has_learnt_from_a_row_is_refused(committed):
    add_row(pd.read_parquet(paths.validated("train"))["text"][0].upper())
    with pytest.raises(UserError, match=r"has learnt from 1 of today's held-out rows \(test-99\)"):
        earlier.main("HEAD")
    assert not earlier.FILE.exists()


def test_a_model_that_nobody_has_and_a_missing_name_are_said(committed):
    with pytest.raises(UserError, match="name the revision whose model is meant"):
        earlier.main()
    shutil.rmtree(".dvc/cache")
    with pytest.raises(UserError, match="the model of HEAD is in no cache and no remote here: `dvc push`"):
        earlier.main("HEAD")

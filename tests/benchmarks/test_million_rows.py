"""The raw data of the benchmark are rows as it says, in a project of which a stage can run."""

import pandas as pd

from benchmarks import million_rows
from tests.conftest import ROOT


def test_the_first_stage_finds_the_rows_that_were_asked_for_and_its_cost_is_told(monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(million_rows, "AT_A_TIME", 250)
    million_rows.project(tmp_path, 300)
    raw = pd.read_csv(tmp_path / "data/raw/all.csv")
    assert set(raw["text"].str.split().map(len)) == {million_rows.WORDS} and raw["text"].nunique() == 300
    found = million_rows.cost(tmp_path, "validation")
    assert "read 300 rows of all.csv" in capfd.readouterr().out
    assert found.cpu > 0 and 0.05 < found.memory < 2
    assert f"| 300 | all | {found.wall:.0f} | {found.cpu:.0f} |" in million_rows.written({300: {"validation": found}})


def test_the_same_rows_are_drawn_each_time(monkeypatch):
    monkeypatch.chdir(ROOT)
    first, second = (pd.concat(million_rows.tables(50)) for _ in range(2))
    assert first.equals(second)

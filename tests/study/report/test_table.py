"""reports/study.csv: a row a cell, each once, with its scores or why it has none."""

from dataclasses import replace

import pandas as pd

from study.report import table
from tests.study.report.studies import failed, studied


def test_each_cell_is_a_row_with_its_scores_by_every_metric_that_applies():
    found = table.of_cells(studied())
    assert len(found) == len(studied().known)
    assert list(found.columns[:4]) == ["technique", "size", "labels", "draw"]
    assert {"balanced_accuracy", "loss"} <= set(found.columns)
    assert "cost" not in found.columns and "weighted_kappa" not in found.columns
    assert found["failed"].isna().all()
    assert found.groupby("technique", sort=False)["labels"].apply(lambda rows: rows.is_monotonic_increasing).all()


def test_a_cell_that_failed_has_its_reason_and_no_scores():
    study = studied()
    found = table.of_cells(replace(study, known=[failed(study.known[0], "a,b"), *study.known[1:]]))
    row = found.iloc[0]
    assert row["failed"] == "error: a,b"
    assert pd.isna(row["accuracy"]) and pd.isna(row["device"])


def test_draws_of_one_result_are_one_row():
    study = studied()
    twin = replace(study.known[0], cell=study.known[0].cell.model_copy(update={"repetition": 99}))
    found = table.of_cells(replace(study, known=[*study.known, twin]))
    assert len(found) == len(study.known)
    assert 99 not in set(found["draw"])

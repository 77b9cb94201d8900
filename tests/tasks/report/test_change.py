"""The published models of two revisions are compared on the rows that both have scored: case 28."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from core.base import paths
from core.data import predictions
from core.scores import metrics
from tasks import params
from tasks.report import change
from tasks.report.git_revision import Revision, find

NUMBERS = re.compile(r"changes by (\S+) \((\S+) to (\S+)\) on")


@pytest.fixture
def committed(finished, tmp_path, monkeypatch) -> Revision:
    """A copy of the project with all that it has committed, which is the current folder."""
    copy = finished.copy(tmp_path / "copy")
    copy.run("sh", "-c", "echo >> README.md")
    copy.commit()
    monkeypatch.chdir(copy.folder)
    return find("HEAD")


def since(before: Revision) -> str:
    return change.since(before, json.loads(paths.METRICS.read_text(encoding="utf-8")), metrics.read(), params.load())


def replace_texts(rows: dict[int, str]) -> None:
    """Put other texts into some test rows, as if rows were new and others gone."""
    path = paths.validated("test")
    table = pd.read_parquet(path)
    for row, text in rows.items():
        table.loc[row, "text"] = text
    table.to_parquet(path, index=False)


def turn_round() -> None:
    """Let each model say the opposite."""
    table = predictions.read(paths.FINETUNED_PREDICTIONS)
    table["probabilities"] = [each[::-1] for each in table["probabilities"]]
    predictions.write(paths.FINETUNED_PREDICTIONS, [table])


def test_on_the_same_rows_the_change_is_that_of_paired_rows(committed):
    values = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(values.replace("primary: balanced_accuracy", "primary: accuracy"))
    old = json.loads(paths.METRICS.read_text(encoding="utf-8")) | {"primary": "accuracy"}
    seed, rows = str(metrics.read().published_seed), pd.read_parquet(paths.validated("test"))
    before = predictions.select(predictions.read(paths.FINETUNED_PREDICTIONS), seed, "test", rows["row_id"])
    turn_round()
    now = metrics.read().model_copy(update={"primary": "accuracy"})
    said = change.since(committed, old, now, params.load())
    hits = (before.argmax(1) == (rows["label"] == "urgent")).to_numpy(dtype=float)
    expected = ttest_rel(1 - hits, hits).statistic
    found = float(NUMBERS.search(said)[1])
    assert found == pytest.approx((1 - 2 * hits).mean(), abs=1e-3) and np.sign(expected) in (np.sign(found), np.nan)
    assert said.endswith("on the same test rows (95% interval).")


def test_where_rows_are_new_or_gone_those_that_both_have_are_compared_and_the_others_counted(committed):
    replace_texts({0: "a text that is new", 3: "another"})
    said = since(committed)
    assert "changes by +0.000 (" in said
    assert said.endswith("on the 6 test rows that both have (95% interval): 2 new, 2 gone.")


def test_rows_that_had_another_label_then_are_counted_and_both_models_held_against_the_label_of_today(committed):
    path = paths.validated("test")
    table = pd.read_parquet(path)
    table.loc[0, "label"] = "urgent" if table.loc[0, "label"] == "routine" else "routine"
    table.to_parquet(path, index=False)
    said = since(committed)
    assert "changes by +0.000 (" in said
    assert said.endswith("on the same test rows (95% interval): 1 of them by another label than then.")


def test_rows_of_a_single_class_that_both_have_give_no_interval_of_a_rank(committed):
    rows = pd.read_parquet(paths.validated("test"))
    replace_texts({row: f"new {row}" for row in np.flatnonzero(rows["label"] == "urgent").tolist()})
    values = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(values.replace("primary: balanced_accuracy", "primary: roc_auc"))
    old = json.loads(paths.METRICS.read_text(encoding="utf-8")) | {"primary": "roc_auc"}
    now = metrics.read().model_copy(update={"primary": "roc_auc"})
    said = change.since(committed, old, now, params.load())
    assert said == "No interval of the change: the 4 test rows that both have are of a single class."


def test_a_text_that_is_the_same_by_its_key_is_the_same_row(committed):
    texts = pd.read_parquet(paths.validated("test"))["text"]
    replace_texts({0: f"  {texts[0].upper()}. "})
    assert since(committed).endswith("on the same test rows (95% interval).")


def test_without_a_common_row_or_with_other_labels_there_is_no_interval(committed):
    replace_texts({row: f"new {row}" for row in range(8)})
    assert since(committed) == "No interval of the change: no test row is in both."
    rows = pd.read_parquet(paths.validated("test"))
    assert len(rows) == 8

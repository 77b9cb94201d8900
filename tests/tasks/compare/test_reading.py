"""A comparison on the project's test rows is a reading of the test split."""

import json
from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import UserError
from tasks.compare.__main__ import main
from tasks.tokenization import __main__ as tokenization


@pytest.fixture
def project(validated) -> None:
    tokenization.main()
    rows = pd.read_parquet("data/validated/test.parquet")
    for name, classes in (("a", ["routine"] * len(rows)), ("b", rows["label"])):
        pd.DataFrame({"row_id": rows["row_id"], "class": classes}).to_csv(f"{name}.csv", index=False)


def compare(split: str = "test") -> None:
    main("a.csv", "b.csv", "--labels", f"data/validated/{split}.parquet")


def test_it_is_recorded_once_for_the_same_tables(project, capsys):
    compare()
    compare()
    (line,) = Path("reports/comparisons/readings.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["scores"] == {"a.csv": 0.5, "b.csv": 1.0}
    assert "- Reading 1 of this test split by a comparison" in capsys.readouterr().out
    pd.read_csv("a.csv").iloc[:, :].replace("routine", "urgent").to_csv("a.csv", index=False)
    compare()
    assert "- Reading 2 of this test split by a comparison" in capsys.readouterr().out


def test_while_the_test_split_is_sealed_it_is_refused_and_another_copy_of_its_rows_too(project):
    Path("params.yaml").write_text(Path("params.yaml").read_text().replace("test: open", "test: sealed"))
    pd.read_parquet("data/validated/test.parquet").to_parquet("data/validated/copy.parquet")
    for split in ("test", "copy"):
        with pytest.raises(UserError, match="evaluation.test is sealed"):
            compare(split)
    assert not Path("reports/comparisons/readings.jsonl").exists()


def test_other_rows_are_no_reading(project, capsys):
    rows = pd.read_parquet("data/validated/validation.parquet")
    for name in ("a", "b"):
        pd.DataFrame({"row_id": rows["row_id"], "class": rows["label"]}).to_csv(f"{name}.csv", index=False)
    compare("validation")
    assert "Reading" not in capsys.readouterr().out and not Path("reports/comparisons/readings.jsonl").exists()


def test_test_rows_among_others_and_under_labels_spelled_otherwise_are_a_reading_too(project):
    Path("params.yaml").write_text(Path("params.yaml").read_text().replace("test: open", "test: sealed"))
    rows = pd.concat([pd.read_parquet(f"data/validated/{split}.parquet") for split in ("train", "test")])
    rows.assign(label=rows["label"].str.upper()).to_parquet("data/validated/copy.parquet")
    with pytest.raises(UserError, match="evaluation.test is sealed"):
        compare("copy")


def test_other_rows_of_the_same_row_ids_are_no_reading(project, capsys):
    rows = pd.read_parquet("data/validated/test.parquet")
    rows.assign(label=["routine"] * len(rows)).to_parquet("data/validated/copy.parquet")
    compare("copy")
    assert "Reading" not in capsys.readouterr().out


def test_test_rows_under_other_ids_are_known_by_their_texts(project):
    Path("params.yaml").write_text(Path("params.yaml").read_text().replace("test: open", "test: sealed"))
    rows = pd.read_parquet("data/validated/test.parquet").rename(columns={"row_id": "note_id"})
    rows["note_id"] = [f"note {row}" for row in range(len(rows))]
    rows["text"] = rows["text"].str.upper()
    rows.to_parquet("data/validated/copy.parquet")
    for name in ("a", "b"):
        rows[["note_id"]].assign(**{"class": rows["label"]}).to_csv(f"{name}.csv", index=False)
    with pytest.raises(UserError, match="evaluation.test is sealed"):
        main("a.csv", "b.csv", "--labels", "data/validated/copy.parquet", "--row-id", "note_id")

"""What stops validation: every problem at once, each with its place, its value and what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.data.splits import SPLITS
from tests.tasks.validation.conftest import configure, csv, fill, one_file, problems, quarantine, report

ROOT = Path(__file__).parents[3]


def test_a_column_to_slice_by_that_is_missing_is_named(raw):
    configure(slices=["wards"])
    fill(raw)
    (problem, *_) = problems()
    assert "has no column 'wards'" in problem
    assert "set validation.slices in params.yaml to its name, or leave it out there" in problem


def test_a_second_column_that_rows_share_is_named_where_it_is_missing(raw):
    configure(cluster="annotator")
    fill(raw)
    assert problems() == tuple(
        f"data/raw/{name}.csv has no column 'annotator'; its columns are 'text', 'label'. Rename the column, or "
        "set validation.cluster in params.yaml to its name, or to null where rows share nothing"
        for name in SPLITS
    )


def test_where_no_row_can_be_used_the_column_of_the_texts_is_doubted(raw):
    (raw / "all.csv").write_text(csv(",x", ",y"))
    assert problems() == (
        "column text: none of 2 rows can be used (2 empty text), see data/quarantine.parquet: "
        "set validation.text in params.yaml to the column that holds the texts",
    )


@pytest.mark.parametrize("rows", [["a note,x"], ["a note,x", "b note,x", "c note,y"]])
def test_one_file_that_is_too_small_to_split_says_what_is_short(raw, rows):
    (raw / "all.csv").write_text(csv(*rows))
    assert any("usable rows of 'x'" in problem or "at least two classes" in problem for problem in problems())
    assert report()["split_here"]


def test_a_critical_failure_still_leaves_the_report_and_the_quarantine(raw):
    fill(raw, train=[",urgent", "other,wibble"], test=["x,routine", "late,"])
    configure(labels=["routine", "urgent"], characters={"minimum": 3, "maximum": 100000})
    found = problems()
    assert [problem.split(":")[0] for problem in found] == [
        "data/raw/test.csv line 5 (test-4), column label",
        "data/raw/train.csv line 5 (train-4), column label",
        "data/raw/test.csv line 4 (test-3), column text",
    ]
    assert quarantine() == [("train-3", "empty text")]
    failed = {each["expectation"]: each["row_ids"] for each in report()["expectations"] if not each["passed"]}
    assert failed == {
        "every row has a text": ["train-3"],
        "every usable row has a label": ["test-4"],
        "every label is one of the known labels": ["train-4"],
        "every text has 3 to 100000 characters": ["test-3"],
    }


def test_a_label_that_train_lacks_is_named_with_its_row(raw):
    fill(raw, test=["odd,wibble"])
    assert problems() == (
        "data/raw/test.csv line 4 (test-3), column label: train has no label 'wibble': correct it, "
        "or add training rows of that label",
    )


def test_a_class_that_is_lost_to_conflicts_is_named(raw):
    fill(raw, train=["rare,maybe", "rare,routine"])
    found = problems()
    assert "train has 0 of at least 1 usable rows of 'maybe' (1 quarantined, see data/quarantine.parquet)" in found[0]
    assert len(found) == 3


def test_one_class_is_refused(raw):
    for name in SPLITS:
        (raw / f"{name}.csv").write_text(csv(f"{name} a,x", f"{name} b,x"))
    assert ["at least two classes are needed" in problem for problem in problems()] == [True]


def test_a_column_of_free_text_is_not_taken_for_labels_nor_written_to_the_report(raw):
    one_file(raw)
    configure(text="label", label="text")
    (problem,) = problems()
    assert "column text has 200 different labels in 200 rows to train on: set validation.label" in problem
    assert not Path("reports").exists()


def test_a_group_in_two_splits_is_named(raw):
    configure(group="patient")
    for name in SPLITS:
        rows = [f"{name} a,x,{name}", f"{name} b,y,{'p1' if name != 'train' else ''}"]
        (raw / f"{name}.csv").write_text(csv(*rows, header="text,label,patient"))
    (problem,) = problems()
    assert "validation.csv line 3 (validation-2), column patient: group 'p1' spans validation, test" in problem


def test_a_huge_cell_hints_at_a_quotation_mark_that_is_not_closed(raw):
    configure(characters={"minimum": 3, "maximum": 50})
    fill(raw, train=[f'"{"swallowed rows " * 9}",routine'])
    (problem,) = problems()
    assert problem.startswith("data/raw/train.csv line 4 (train-3), column text: 'swallowed rows")
    assert "is longer (134) than validation.characters.maximum (50): maybe a quotation mark" in problem
    assert len(problem) < 300


def test_the_problems_of_all_files_are_listed_at_once(raw):
    (raw / "train.csv").write_bytes(b"text,label\n\xe8,x\n")
    (raw / "validation.jsonl").write_text('{"text": "a", "label": "b"}\n{oops\n')
    (raw / "test.parquet").write_bytes(b"PAR1")
    found = problems()
    assert [words in problem for words, problem in zip(["UTF-8", "line 2", "Parquet"], found, strict=True)] == [
        True
    ] * 3
    assert not Path("reports").exists()


def test_a_missing_column_names_the_columns_and_the_parameter(raw):
    configure(text="note", group="patient")
    fill(raw)
    found = problems()
    assert len(found) == 6
    assert "train.csv has no column 'note'; its columns are 'text', 'label'" in found[0]
    assert "validation.group in params.yaml to its name, or to null where rows share nothing" in found[1]


def test_from_a_shell_bad_input_ends_with_1_and_no_traceback(raw):
    (raw / "train.csv").write_text(csv("a,b"))
    found = subprocess.run(
        [sys.executable, "-m", "tasks.validation"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.splitlines()[0] == "tasks.validation stopped: 2 problems"
    assert "Traceback" not in found.stderr


def test_one_unknown_label_is_one_problem(raw):
    fill(raw, test=["one,routine", "two,urgent", "late,rutine"])
    configure(labels=["routine", "urgent"], minimum_rows={"train": 1, "validation": 1, "test": 2})
    (problem,) = problems()
    assert "'rutine' is not among validation.labels (did you mean 'routine'?)" in problem

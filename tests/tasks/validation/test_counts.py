"""What reports/validation.json says of rows whose splits, reasons and outcomes are known."""

import pandas as pd
import pytest

from core.data.validation_counts import RareClass, RawFile
from tasks.validation.counts import announce, announce_read, counted
from tasks.validation.expectations import Outcome
from tasks.validation.raw_files import Raw

ROWS = pd.DataFrame(
    {
        "row_id": ["all-1", "all-2", "all-3", "all-4"],
        "split": ["train", "train", "test", "train"],
        "label": ["a", "a", "b", None],
        "key": ["x", "x", "y", None],
        "reason": pd.Series([None, "duplicate", None, "empty text"], dtype="str"),
        "moved": [False, False, True, False],
    }
)
FAILS = Outcome("every row has a text", "key", "warning", False, 30, [f"all-{n}" for n in range(30)])


@pytest.fixture
def counts():
    file = RawFile(file="all.csv", read_as="UTF-8, tab-separated", sha256="0" * 64, rows=4)
    return counted(
        Raw(ROWS, [file], split_here=True),
        ROWS,
        ["a", "b"],
        [RareClass(label="c", rows=3, merged_into="b")],
        [FAILS],
    )


def test_rows_are_counted_by_file_split_class_and_reason(counts):
    assert (counts.files[0].file, counts.files[0].rows, counts.split_here) == ("all.csv", 4, True)
    train = counts.rows["train"]
    assert (train.read, train.set_aside, train.usable, train.classes) == (3, 2, 1, {"a": 1, "b": 0})
    assert counts.rows["validation"].read == 0
    assert {reason.reason: reason.rows for reason in counts.set_aside if reason.rows} == {
        "empty text": 1,
        "duplicate": 1,
    }


def test_of_many_rows_that_fail_the_first_twenty_are_named(counts):
    assert counts.expectations[0].failing == 30
    assert len(counts.expectations[0].row_ids) == 20


def test_the_printed_lines_say_what_became_of_the_rows(counts, capsys):
    announce_read(counts.files)
    announce(counts)
    assert capsys.readouterr().out.splitlines() == [
        "read 4 rows of all.csv (UTF-8, tab-separated)",
        "quarantined in data/quarantine.parquet: 1 empty text, 1 duplicate",
        "usable (split here): train 1, validation 0, test 1",
        "1 of these rows are where small classes need them for validation.minimum_rows",
        "merged into 'b': 'c', 3 usable rows",
        "warning: 30 rows do not meet: every row has a text (all-0, all-1, all-2, all-3, all-4, ...)",
    ]

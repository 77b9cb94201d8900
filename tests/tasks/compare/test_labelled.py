"""The rows that models are compared on."""

from pathlib import Path

import pytest

from core.base import paths, results
from core.base.errors import UserError
from tasks.compare import labelled
from tasks.compare.labelled import Columns
from tests import counts

COLUMNS = Columns("row_id", "label", None, None)


def read(content: str, columns: Columns = COLUMNS) -> labelled.Labelled:
    Path("labels.csv").write_text(content, encoding="utf-8")
    return labelled.read(Path("labels.csv"), columns)


def test_rows_share_their_group_and_without_one_nothing():
    found = read("row_id,label,group\n1,a,x\n2,b,x\n3,a,\n")
    assert found.groups.tolist() == ["x", "x", "3"] and found.clusters is None
    assert read("row_id,label\n1,a\n2,b\n").groups.tolist() == ["1", "2"]


def test_columns_of_other_names_are_named():
    found = read("id,target,patient,site\n1,a,x,s\n2,b,x,s\n", Columns("id", "target", "patient", "site"))
    assert (found.row_ids, found.labels) == (["1", "2"], ["a", "b"])
    assert (found.groups.tolist(), found.clusters.tolist()) == (["x", "x"], ["s", "s"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("row_id,target\n1,a\n", "labels.csv has no column 'label'; it has 'row_id', 'target'"),
        ("row_id,label\n1,a\n1,b\n", r"has 1 row_ids more than once \(1\)"),
        ("row_id,label\n1,a\n2,\n", r"has no label for 1 rows \(2\)"),
        ("row_id,label\n1,Urgent\n2,urgent\n", "writes one label as 'Urgent' and 'urgent'"),
    ],
)
def test_what_is_wrong_with_the_labels_is_said(content, said):
    with pytest.raises(UserError, match=said):
        read(content)


def test_a_column_that_was_asked_for_must_be_there():
    with pytest.raises(UserError, match="no column 'patient'"):
        read("row_id,label\n1,a\n", COLUMNS._replace(group="patient"))


def test_classes_stand_in_the_project_s_order_where_it_knows_them():
    results.write(paths.VALIDATION_COUNTS, counts.validated({"train": 4, "validation": 2, "test": 2}))
    known = results.read(
        paths.VALIDATION_COUNTS, type(counts.validated({"train": 4, "validation": 2, "test": 2}))
    ).labels
    assert labelled.class_names(known[::-1]) == known
    assert labelled.class_names(["z", "y"]) == ["y", "z"]


def test_classes_that_are_whole_numbers_stand_in_the_order_of_their_values():
    assert labelled.class_names(["10", "2", "1", "-1"]) == ["-1", "1", "2", "10"]
    assert labelled.class_names(["10", "2", "b"]) == ["10", "2", "b"]

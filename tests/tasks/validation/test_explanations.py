"""What a failed expectation means: what, where, which value, and what to do, once for each different fault."""

import pandas as pd
import pytest

from tasks import params
from tasks.validation.expectations import Outcome
from tasks.validation.explanations import explain
from tasks.validation.params import Validation

LABELS = ["routine", "urgent"]


@pytest.fixture
def section(write_params) -> Validation:
    write_params({"validation.group": "patient", "validation.labels": LABELS, "validation.characters.minimum": 3})
    return params.load().validation


def rows(**columns: list[str | None]) -> pd.DataFrame:
    """Return rows of a training file, usable unless a reason is given."""
    count = len(next(iter(columns.values())))
    numbers = range(1, count + 1)
    known = {
        "row_id": [f"train-{number}" for number in numbers],
        "place": [f"train.csv line {number + 1}" for number in numbers],
        "split": ["train"] * count,
        "text": [f"a text of its own {number}" for number in numbers],
        "label": [LABELS[number % 2] for number in numbers],
        "reason": [None] * count,
    }
    return pd.DataFrame(known | columns)


def problems(table: pd.DataFrame, column: str, section: Validation, severity: str = "critical") -> list[str]:
    """Return the problems behind one expectation of a column, which all rows have failed."""
    failed = Outcome("it holds", column, severity, False, len(table), list(table["row_id"]))
    return explain([failed], table, section, LABELS)


def test_a_label_is_placed_and_its_nearest_named_once_for_all_rows_that_have_it(section):
    found = problems(rows(label=["Rutine", "Rutine", "x", None]), "label", section)
    assert found[0] == (
        "train.csv line 2 (train-1), column label: 'Rutine' is not among validation.labels (did you mean 'routine'?): "
        "correct it, or add it there in params.yaml (and 1 more: train-2)"
    )
    assert "'x' is not among validation.labels: correct it" in found[1]
    assert found[2].endswith("column label: the label is empty: write one, or delete the row")


def test_where_params_name_no_labels_those_of_training_count(section):
    open_section = section.model_copy(update={"labels": None})
    (found,) = problems(rows(label=["x"]), "label", open_section)
    assert "train has no label 'x': correct it, or add training rows of that label" in found


def test_a_text_is_too_short_or_too_long_and_shown_in_part(section):
    short, long = problems(rows(text=["x", "y" * 10**6]), "text", section)
    assert "column text: 'x' is shorter (1) than validation.characters.minimum" in short
    assert "is longer (1000000) than validation.characters.maximum" in long
    assert len(long) < 400


def test_a_group_that_spans_splits_names_them(section):
    table = rows(group=["p1", "p1"], split=["train", "test"])
    (found,) = problems(table, "group_splits", section)
    assert "column patient: group 'p1' spans train, test: move all its rows to one of them" in found
    assert found.endswith("(and 1 more: train-2)")


def test_many_faults_of_a_kind_are_capped(section):
    found = problems(rows(label=[f"wrong {number}" for number in range(20)]), "label", section)
    assert len(found) == 11
    assert found[-1] == "... and 10 more of this kind"


def test_an_expectation_that_is_a_warning_is_no_problem(section):
    assert problems(rows(label=["x"]), "label", section, severity="warning") == []


def test_a_column_of_other_values_is_doubted_once(section):  # case 43
    table = rows(label=["urgent", *(f"drug {number}" for number in range(1200))])
    assert problems(table, "label", section) == [
        "column label is probably not the label: 1200 of 1201 usable rows hold 1200 other values ('drug 0', 'drug 1', "
        "'drug 2', 'drug 3', 'drug 4', ...) than validation.labels ('routine', 'urgent'): set validation.label in "
        "params.yaml to the column that holds the class, or validation.labels to null for the labels found in train"
    ]

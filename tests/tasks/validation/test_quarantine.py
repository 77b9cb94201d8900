"""Which rows are quarantined, and for which of the reasons: the first that holds."""

import pandas as pd
import pytest

from tasks.validation.quarantine import REASONS, normalized, reasons

EMPTY, CONFLICTING, DUPLICATE, ALSO_HELD_OUT, ALSO_IN_TEST = REASONS


def why(*rows: tuple[str, str | None, str]) -> list[str | None]:
    """Return the reason of each row, given as its split, its text and its label."""
    table = pd.DataFrame(rows, columns=["split", "text", "label"])
    table["normalized"] = table["text"].map(normalized, na_action="ignore")
    found = reasons(table).astype(object)
    return found.where(found.notna(), None).tolist()


def test_texts_are_the_same_that_differ_in_case_and_white_space_alone():
    assert normalized("  Straße\n und\tHOF ") == normalized("STRASSE und hof")
    assert normalized("a b") != normalized("ab")


def test_of_one_text_with_one_label_the_first_row_of_a_split_stays():
    assert why(("train", "a", "x"), ("train", "A", "x"), ("train", "b", "y")) == [None, DUPLICATE, None]


def test_a_text_with_two_labels_goes_from_every_split():
    assert why(("train", "a", "x"), ("test", "a", "y"), ("test", "a", "y")) == [CONFLICTING] * 3


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        (("train", "validation"), [ALSO_HELD_OUT, None]),
        (("train", "test"), [ALSO_HELD_OUT, None]),
        (("validation", "test"), [ALSO_IN_TEST, None]),
        (("train", "validation", "test"), [ALSO_HELD_OUT, ALSO_IN_TEST, None]),
    ],
)
def test_a_text_in_several_splits_stays_in_the_last_of_them(splits, expected):
    assert why(*((split, "a", "x") for split in splits)) == expected


def test_rows_without_a_text_are_no_duplicates_of_each_other():
    assert why(("train", None, "x"), ("train", None, "y"), ("train", "a", "x")) == [EMPTY, EMPTY, None]

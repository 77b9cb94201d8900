"""Which rows are quarantined, and for which of the reasons: the first that holds."""

import pandas as pd
import pytest

from core.data.sameness import row_keys
from tasks.validation.quarantine import REASONS, reasons

EMPTY, CONFLICTING, DUPLICATE, ALSO_HELD_OUT, ALSO_IN_TEST, _ = REASONS


def why(*rows: tuple[str, str | None, str]) -> list[str | None]:
    """Return the reason of each row, given as its split, its text and its label."""
    table = pd.DataFrame(rows, columns=["split", "text", "label"])
    found = reasons(table.assign(key=row_keys(table))).astype(object)
    return found.where(found.notna(), None).tolist()


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


def test_a_text_is_the_same_however_it_is_written():  # case 10
    pairs = [("no pain.", "no pain"), ("its ’s", "its 's"), ("R&amp;D", "R&D"), ("a\u200bb", "ab")]
    for one, other in pairs:
        assert why(("train", one, "x"), ("test", other, "x")) == [ALSO_HELD_OUT, None]


def test_a_text_in_which_nothing_is_to_be_seen_is_empty():
    assert why(("train", "\u200b\ufeff", "x"), ("train", "...", "x")) == [EMPTY, None]


def test_rows_without_a_text_are_no_duplicates_of_each_other():
    assert why(("train", None, "x"), ("train", None, "y"), ("train", "a", "x")) == [EMPTY, EMPTY, None]

"""The texts of a row, one or two: which there are, how a reader sees them, and what is kept of a long one."""

import pandas as pd
import pytest

from core.data.texts import SHOWN, head, shown, sides


def test_a_pair_has_two_sides_in_their_order_whatever_that_of_the_columns():
    assert sides(["label", "text_pair", "text"]) == ["text", "text_pair"]
    assert sides(["row_id", "text"]) == ["text"]


def test_a_text_is_shown_as_it_is_and_cut_where_it_is_long():
    assert shown(pd.DataFrame({"text": ["short", "x" * 1000]})) == ["short", "x" * SHOWN]


def test_of_a_pair_both_texts_are_shown_within_the_same_length():
    rows = pd.DataFrame({"text": ["a", "x" * 1000], "text_pair": ["b", "y" * 1000]})
    said = shown(rows)
    assert said[0] == "a // b"
    assert len(said[1]) == SHOWN and said[1].count("x") == said[1].count("y")


@pytest.mark.parametrize(("max_length", "first"), [(512, 129), (128, 32), (16, 4)])
def test_a_quarter_of_a_long_text_is_its_head(max_length, first):
    assert head(max_length) == first

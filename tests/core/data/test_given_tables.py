"""Tables of others are read to the letter, or refused with the row."""

from pathlib import Path

import pytest

from core.base.errors import UserError
from core.data.given_tables import table, texts


def test_cells_are_text_and_row_ids_have_no_white_space_around_them():
    Path("a.csv").write_text('row_id,class\n 007 ,"a ""b"",\nc"\n\n8,NA\n', encoding="utf-8-sig")
    rows = table(Path("a.csv"))
    assert list(rows.index) == ["007", "8"] and list(rows["class"]) == ['a "b",\nc', "NA"]


def test_what_is_missing_is_empty_text():
    Path("a.jsonl").write_text(
        '{"row_id": 1, "class": null}\n{"row_id": 2}\n{"row_id": 3, "class": 0}', encoding="utf-8"
    )
    assert texts(table(Path("a.jsonl"))["class"]) == ["", "", "0"]


def test_a_quote_that_is_not_closed_does_not_swallow_the_rows_behind_it():
    Path("a.csv").write_text('row_id,class\n1,"a\n2,b\n3,c\n', encoding="utf-8")
    with pytest.raises(UserError, match="a.csv cannot be read .unexpected end of data"):
        table(Path("a.csv"))

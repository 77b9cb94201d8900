"""Unicode is known for certain by its marks, its wide characters or its sequences; what breaks off is named."""

import pytest

from core.base.errors import UserError
from tasks.validation.unicode_forms import unicode_text

TABLE = "text,label\nplain,x\nmore,y\n"


def problem(content: bytes) -> str:
    with pytest.raises(UserError) as caught:
        unicode_text(content, "train.csv")
    (only,) = caught.value.problems
    return only


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_unicode_without_a_mark_is_known_by_where_its_first_line_ends(encoding, line_end):
    text = TABLE.replace("\n", line_end).replace("plain", "患者说")
    assert unicode_text(text.encode(encoding), "train.csv") == (text, encoding.upper())


def test_what_is_not_unicode_is_left_to_others():
    assert unicode_text(TABLE.replace("plain", "caf\xe9").encode("cp1252"), "train.csv") is None


def test_wide_characters_behind_narrow_ones_are_named():
    found = problem(TABLE.encode() + "more,x\n".encode("utf-16-le"))
    assert found.startswith("train.csv line 4 holds UTF-16 where the file begins as UTF-8, as where two files were")


def test_zeros_where_there_was_text_are_named():
    found = problem(TABLE.encode() + bytes(512))
    assert found.startswith("train.csv line 4 holds 512 zero bytes, as a crash or a full disk leaves them where there")


def test_a_byte_order_mark_that_stands_twice_is_none_of_a_name():
    assert unicode_text(b"\xef\xbb\xbf" * 2 + TABLE.encode(), "train.csv") == (TABLE, "UTF-8")

"""Separators and quoting are found out, or refused with both readings; no row and no cell is lost."""

import pytest

from core.base.errors import UserError
from tasks.validation.delimited import rows
from tasks.validation.params import FOUND_OUT


def read(text: str, usual: str = ",", **told: str) -> tuple[str, list[list[str]]]:
    found = rows(text, "train.csv", usual, FOUND_OUT.model_copy(update=told))
    return found.how, list(found.records[1:])


def problem(text: str, usual: str = ",") -> str:
    with pytest.raises(UserError) as caught:
        read(text, usual)
    (only,) = caught.value.problems
    return only


@pytest.mark.parametrize(
    ("text", "how", "expected"),
    [
        ("text\tlabel\na, b, c\tx\nd\ty\n", "tab-separated", [["a, b, c", "x"], ["d", "y"]]),  # case 24
        ("text;label\na, b;x\nc;y\n", "semicolon-separated", [["a, b", "x"], ["c", "y"]]),
        ("text|label\na;b|x\n", "vertical bar-separated", [["a;b", "x"]]),
        ("sep=;\ntext;label\na;x\n", "semicolon-separated", [["a", "x"]]),
        ("'text','label'\n'a, b','x'\n", "comma-separated, single quotes", [["a, b", "x"]]),
        ('text,label\n"a \\"b\\", c",x\n', 'comma-separated, \\" for a quotation mark', [['a "b", c', "x"]]),
        ('text\tlabel\n"Great", "he said\tx\n', "tab-separated, no quoting", [['"Great", "he said', "x"]]),
        ('text\tlabel\n"a ""b"""\tx\n', "tab-separated", [['a "b"', "x"]]),
        ('text,label\n"a\nb",x\n', "comma-separated", [["a\nb", "x"]]),
        ("text,label\na,x,\nb,y,,\n", "comma-separated", [["a", "x"], ["b", "y"]]),
        ("text\na b\n", "comma-separated", [["a b"]]),
        ('text, label\n"a, b", "x"\nc, "y"\n', "comma-separated", [["a, b", "x"], ["c", "y"]]),
        ("text,label\na\\, b,x\nc,y\n", 'comma-separated, \\" for a quotation mark', [["a, b", "x"], ["c", "y"]]),
        ("text,label\na,x\n\x1a", "comma-separated", [["a", "x"]]),
    ],
)
def test_how_a_file_is_written_is_found_out(text, how, expected):
    assert read(text) == (how, expected)


def test_two_separators_that_fit_are_refused_with_a_sample_of_each():
    found = problem("text,more;label\na,b;x\nc,d;y\n")
    assert found == (
        "train.csv line 1 can be read in two ways: comma-separated, 2 rows, one of them 'text', 'more;label'; "
        "semicolon-separated, 2 rows, one of them 'text,more', 'label'. Set validation.read.separator in params.yaml "
        "to ',' or ';'"
    )
    assert read("text,more;label\na,b;x\n", separator=";") == ("semicolon-separated", [["a,b", "x"]])


def test_of_two_that_fit_a_name_that_ends_with_tsv_decides():
    assert read("text,more\tlabel\na,b\tx\n", usual="\t") == ("tab-separated", [["a,b", "x"]])


def test_a_quotation_mark_that_takes_in_rows_is_refused_with_both_readings():
    found = problem('text,label\n"a,x\nb,y\nc",z\nd,x\n')
    assert "comma-separated, 2 rows, one of them 'a,x\\nb,y\\nc', 'z'" in found
    assert "comma-separated, no quoting, 4 rows, one of them '\"a', 'x'" in found
    assert "Set validation.read.quoting in params.yaml to doubled or none" in found


def test_a_row_within_a_quoted_cell_is_named():
    found = problem('text,label\n"q, r",x\n"a,x\nb,y\nc",y\nd,x\n"e, f",y\n')
    assert (
        "train.csv line 4 looks like a row of its own ('b', 'y'), and stands within the row that starts at line 3"
        in found
    )


def test_a_text_of_several_lines_with_commas_is_a_text():
    text = 'text,label\n"Dear Sir, thanks\nfor all, and\nBest",x\nb,x\nc,y\n"d, e",y\n'
    assert read(text)[1][0] == ["Dear Sir, thanks\nfor all, and\nBest", "x"]


@pytest.mark.parametrize(
    "text",
    [
        "I am in pain, and it does not get better\nno\nnone, really\n",  # case 44
        "spam,Free entry to win a big cup final now\nham,ok\nham,no, thanks\n",
        "1\n2,3\n",
    ],
)
def test_a_file_without_a_header_is_told_so(text):
    assert "there seems to be no header: its first line is" in problem(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Notes of 2026\ntext,label\na,x\nb,y\n", "line 1 ('Notes of 2026') seems to be a title, so delete all above"),
        (
            '"text","label"\n"1","a","x"\n"2","b","y"\n',
            "name the column without a name, or put a text that holds comma",
        ),
        (
            "text\tlabel\na, b\tx\nc\td\ty\n",
            "line 3 has 3 fields where the header has 2: put a text that holds tabs or",
        ),
        (
            "text;label\na;x\nc\nd;y\n",
            "line 3 has 1 fields where the header has 2: a cell is missing, or a text with a",
        ),
    ],
)
def test_the_advice_fits_what_is_wrong(text, words):  # case 24
    assert words in problem(text)


def test_a_row_on_the_same_line_as_the_header_is_named():
    found = problem('text,label"no pain today at all; walked in\nalone",x\n"c, d",y\n')
    assert "train.csv line 1 names a column" in found
    assert "the first row seems to follow it on the same line; break the line behind the names of the columns" in found

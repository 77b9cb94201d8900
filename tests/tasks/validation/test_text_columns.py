from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.base.errors import UserError
from tasks.validation.text_columns import read

COLUMNS = {"text": "text", "label": "label"}


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pairs(path: Path) -> list[tuple[str | None, str | None]]:
    table = read(path, COLUMNS).astype(object)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in table[["text", "label"]].to_numpy()]


def problem(path: Path, columns: dict[str, str] = COLUMNS) -> str:
    with pytest.raises(UserError) as caught:
        read(path, columns)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("text,label\na,b\n", [("a", "b")]),
        ("\ufefftext,label\na,b\n", [("a", "b")]),
        ("text,label\r\na,b\r\n\r\nc,d", [("a", "b"), ("c", "d")]),
        ("text,label\ra,b\rc,d\r", [("a", "b"), ("c", "d")]),
        ('label,id,text\nb,1,"a, ""quoted""\r\nnext line"\n', [('a, "quoted"\r\nnext line', "b")]),
        ("text , label\n  a  b\t, b \n", [("a  b", "b")]),
        ("text,label\nNA,null\nNone,nan\n1.0,007\n", [("NA", "null"), ("None", "nan"), ("1.0", "007")]),
        ('text,label\n,b\n" ",\n', [(None, "b"), (None, None)]),
        ('text,label\na 5" pipe,b\n', [('a 5" pipe', "b")]),
        ("text,label\nnaïve 病,b\n", [("naïve 病", "b")]),
    ],
    ids=["plain", "bom", "crlf", "cr", "quotes", "spaces", "words-for-null", "empty", "inch-mark", "unicode"],
)
def test_a_csv_cell_is_read_as_written_but_for_outer_white_space(tmp_path, content, expected):
    assert pairs(written(tmp_path / "train.csv", content)) == expected


def test_a_cell_of_a_million_characters_is_read(tmp_path):
    assert len(pairs(written(tmp_path / "train.csv", f"text,label\n{'x' * 10**6},b\n"))[0][0]) == 10**6


def test_a_row_knows_the_line_where_it_starts(tmp_path):
    path = written(tmp_path / "train.csv", 'text,label\n"a\n\nb",x\n\nc,y\n')
    assert list(read(path, COLUMNS)["place"]) == [f"{path} line 2", f"{path} line 6"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["is empty"]),
        ("text,label\n", ["has no rows"]),
        ("text,label\na,b\nc,d,e\nf,g\nh,i,j\n", ["line 3 has 3 fields", "header has 2", "(so has line 5)", "quotes"]),
        ("text,label\na,b\nc\n", ["line 3 has 1 fields where the header has 2"]),
        ('text,label\na,b\n"c,d\ne,f\n', ["row that starts at line 3", "not closed", "unexpected end of data"]),
        ('text,label\na,b\n"c "d" e",f\n', ["row that starts at line 3", 'write ""']),
        ("text,text,label\na,b,c\n", ["2 columns named 'text'"]),
        ("Text,label\na,b\n", ["no column 'text'", "'Text', 'label'", "Did you mean 'Text'?", "validation.text"]),
    ],
    ids=["empty", "header-only", "too-many", "too-few", "unclosed", "undoubled", "twice", "nearest"],
)
def test_a_broken_csv_file_says_where_and_what_to_do(tmp_path, content, words):
    found = problem(written(tmp_path / "train.csv", content))
    assert found.startswith(str(tmp_path / "train.csv"))
    assert [word for word in words if word not in found] == []


def test_a_missing_group_column_may_be_switched_off(tmp_path):
    path = written(tmp_path / "train.csv", "text,label\na,b\n")
    assert "validation.group in params.yaml to its name, or to null" in problem(path, COLUMNS | {"group": "patient"})


def test_json_lines_give_numbers_as_text_and_gaps_as_null(tmp_path):
    lines = ['{"text": "a\\u2028b", "label": 1}', "", '{"label": true}', '{"text": null, "label": 2.0}']
    path = written(tmp_path / "train.jsonl", "\ufeff" + "\r\n".join(lines) + '\n{"text": 3.5, "label": "null"}')
    assert pairs(path) == [("a\u2028b", "1"), (None, "true"), (None, "2"), ("3.5", "null")]
    assert read(path, COLUMNS)["place"].iloc[1] == f"{path} line 3"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"text": "a", "label": "b"}\n{"text": "a",\n', "line 2 is broken (Expecting property name"),
        ('[["a", "b"]]', "item 1 is broken (not an object)"),
        ("\n \n", "is empty"),
        ('{"text": "a"}\n', "no column 'label'"),
        ('{"text": ["a"], "label": "b"}\n', "line 1, column text: a list is not text"),
        ('{"text": "\\ud800", "label": "b"}\n', "line 1, column text: '\\ud800' holds half a character"),
    ],
)
def test_a_broken_json_lines_file_says_where(tmp_path, content, words):
    assert words in problem(written(tmp_path / "train.jsonl", content))


def test_parquet_gives_whole_numbers_without_a_point_though_the_column_has_gaps(tmp_path):
    frame = pd.DataFrame({"text": ["a", None, " "], "label": [1.0, None, 2.0], "other": [[1], [2], [3]]})
    frame.to_parquet(tmp_path / "train.parquet")
    assert pairs(tmp_path / "train.parquet") == [("a", "1"), (None, None), (None, "2")]
    assert read(tmp_path / "train.parquet", COLUMNS)["place"].iloc[2] == f"{tmp_path / 'train.parquet'} row 3"


def test_parquet_categories_integers_and_truth_values_become_text(tmp_path):
    table = pa.table({"text": pa.array(["a", "b"]).dictionary_encode(), "label": [1, 0], "truth": [True, False]})
    pq.write_table(table, tmp_path / "train.parquet")
    assert pairs(tmp_path / "train.parquet") == [("a", "1"), ("b", "0")]
    assert list(read(tmp_path / "train.parquet", {"label": "truth"})["label"]) == ["true", "false"]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array(["né".encode(), b"b"], pa.binary()), ["né", "b"]),  # as Spark and Impala write text
        (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
        (pa.array([0, 86_400_000], pa.timestamp("ms")), ["1970-01-01", "1970-01-02"]),
        (pa.array([3_600], pa.time32("s")), ["01:00:00"]),
    ],
)
def test_values_of_parquet_are_texts_as_a_csv_would_have_them(tmp_path, values, texts):
    pq.write_table(pa.table({"text": values, "label": ["x"] * len(values)}), tmp_path / "train.parquet")
    assert read(tmp_path / "train.parquet", COLUMNS)["text"].tolist() == texts


def test_bytes_that_are_no_text_are_named(tmp_path):
    pq.write_table(pa.table({"text": [b"caf\xe9"], "label": ["x"]}), tmp_path / "train.parquet")
    assert "row 1, column text: holds bytes that are not UTF-8" in problem(tmp_path / "train.parquet")


@pytest.mark.parametrize("mark", ["^", "~", ":", "\x01"])
def test_a_separator_that_is_not_found_out_is_named_with_where_to_say_it(tmp_path, mark):
    found = problem(written(tmp_path / "train.csv", f"text{mark}label\na{mark}x\n"))
    assert f"whose cells seem separated by {mark!r}: set validation.read.separator in params.yaml to that" in found

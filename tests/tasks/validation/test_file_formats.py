"""CSV, JSON Lines and Parquet are read to the cell, or the place where a file is broken is named."""

import gzip
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest

from core.base.errors import UserError
from tasks.validation.file_formats import contents


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def problem(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        contents(path)
    (only,) = caught.value.problems
    return only


@pytest.mark.parametrize("name", ["train.csv", "train.jsonl", "train.parquet"])
def test_a_file_of_each_format_gives_its_columns_and_where_each_row_starts(tmp_path, name):
    written(tmp_path / "train.csv", 'id,text\n1,"a\nb"\n\n2,c\n')
    written(tmp_path / "train.jsonl", '{"id": "1", "text": "a\\nb"}\n\n{"text": "c", "id": "2"}\n')
    pd.DataFrame({"id": ["1", "2"], "text": ["a\nb", "c"]}).to_parquet(tmp_path / "train.parquet")
    found = contents(tmp_path / name)
    assert found.names == ["id", "text"]
    assert (list(found.values("text")), list(found.values("id"))) == (["a\nb", "c"], ["1", "2"])
    assert (found.unit, list(found.numbers)) == {
        "train.csv": ("line", [2, 5]),
        "train.jsonl": ("line", [1, 3]),
        "train.parquet": ("row", [1, 2]),
    }[name]


def test_json_objects_may_lack_names_and_all_that_occur_are_columns(tmp_path):
    found = contents(written(tmp_path / "train.jsonl", '{"text": "a"}\n{"label": 1}\n'))
    assert found.names == ["text", "label"]
    assert (list(found.values("text")), list(found.values("label"))) == (["a", None], [None, 1])


@pytest.mark.parametrize(
    ("ending", "kind"), [("csv.gz", "UTF-8, comma-separated, gzip"), ("tsv", "UTF-8, tab-separated")]
)
def test_how_a_file_was_read_is_said(tmp_path, ending, kind):
    mark = "\t" if ending == "tsv" else ","
    frame = pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]})
    frame.to_csv(tmp_path / f"train.{ending}", index=False, sep=mark)
    found = contents(tmp_path / f"train.{ending}")
    assert (found.how, list(found.values("text"))) == (kind, ["a", "b"])


def test_packed_json_lines_and_a_list_of_objects_are_read(tmp_path):
    lines = gzip.compress(b'{"text": "a"}\n{"text": "b"}\n')
    assert contents(written(tmp_path / "train.jsonl.gz", lines)).values("text") == ["a", "b"]
    found = contents(written(tmp_path / "train.json", '[{"text": "a"}, {"text": "b"}]'))
    assert (found.unit, list(found.numbers), found.values("text")) == ("item", [1, 2], ["a", "b"])


def test_a_packed_file_that_is_cut_off_says_so(tmp_path):
    assert "is cut off or damaged" in problem(written(tmp_path / "train.csv.gz", gzip.compress(b"text\na\n" * 99)[:30]))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("v1,v2,,\nx,a,,\ny,b,spilled,\nx,c,,\n", "line 3 has 'spilled' in column 3, which has no name: name it"),
        ("v1,v2,Unnamed: 2\nx,a,\ny,b,spilled\n", "line 3 has 'spilled' in column 3, which has no name: name it"),
        ("v1,v2,...3\nx,a,\ny,b,spilled\n", "line 3 has 'spilled' in column 3, which has no name: name it"),
        ("text,label,\na,x,1\nb,y,\nc,x,2\n", "line 2 has '1' in column 3, which has no name (and 1 more: line 4)"),
    ],
)
def test_cells_below_no_name_are_not_left_out_in_silence(tmp_path, content, words):  # case 24
    assert words in problem(written(tmp_path / "train.csv", content))


@pytest.mark.parametrize(
    "content",
    [",text,label,\n0,a,x,\n1,b,y,\n", "Unnamed: 0,text,label\n7,a,x\n9,b,y\n"]
    + ["Unnamed: 0.1,Unnamed: 0,text,label\n0,0,a,x\n1,1,b,y\n"],
)
def test_an_index_and_empty_columns_without_a_name_are_left_out(tmp_path, content):
    found = contents(written(tmp_path / "train.csv", content))
    assert (found.names, list(found.values("text"))) == (["text", "label"], ["a", "b"])
    assert found.how == "UTF-8, comma-separated, its first column, which counts rows, left out"


@pytest.mark.parametrize("again", ["text,label", " Text ,LABEL", "\ufefftext,label"])
def test_a_header_within_the_rows_is_named(tmp_path, again):
    content = f"text,label\na,x\n{again}\nb,y\n"
    assert (
        problem(written(tmp_path / "train.csv", content))
        == f"{tmp_path}/train.csv line 3 is the header again: delete it"
    )
    pd.DataFrame([["a", "x"], again.split(",")], columns=["text", "label"]).to_excel(tmp_path / "a.xlsx", index=False)
    assert problem(tmp_path / "a.xlsx") == f"{tmp_path}/a.xlsx row 3 is the header again: delete it"


def test_characters_that_were_lost_or_misread_before_are_said(tmp_path):
    found = contents(written(tmp_path / "train.csv", "text,label\na\ufffdb,x\ncafÃ©,y\n"))
    assert found.how == (
        "UTF-8, comma-separated, with 1 characters that were lost before (line 2), "
        "which may have been misread before (line 3: Ã© for é)"
    )


def test_another_kind_of_file_behind_a_name_is_recognised(tmp_path):
    pd.DataFrame({"text": ["a"]}).to_parquet(tmp_path / "train.csv")
    assert "train.csv is no .csv but a .parquet file by its first bytes: rename it" in problem(tmp_path / "train.csv")
    with ZipFile(tmp_path / "test.csv", "w") as packed:
        packed.writestr("test.csv", "text,label\na,x\n")
    assert "test.csv is no .csv but a .zip file by its first bytes: bring the table" in problem(tmp_path / "test.csv")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<!DOCTYPE html>\n<p>404, not found\n", "is no .csv but a HTML file by its first bytes"),
        (
            "version https://git-lfs.github.com/spec/v1\nsize 9\n",
            "is a pointer of Git LFS, not the file that it stands",
        ),
        (b"%PDF-1.4\n1 0 obj", "is no .csv but a .pdf file by its first bytes"),
    ],
)
def test_what_came_in_place_of_the_file_is_named(tmp_path, content, words):
    assert words in problem(written(tmp_path / "train.csv", content))


def test_a_file_that_was_packed_twice_is_unpacked_twice(tmp_path):
    found = contents(written(tmp_path / "train.csv.gz", gzip.compress(gzip.compress(b"text\na\n"))))
    assert list(found.values("text")) == ["a"]


def test_a_format_that_nothing_reads_is_named(tmp_path):
    assert "is none of .csv, .tsv, .jsonl" in problem(written(tmp_path / "train.docx", "text"))


@pytest.mark.parametrize("kept", [0, 40, -20])
def test_a_truncated_parquet_file_says_so(tmp_path, kept):
    pd.DataFrame({"text": ["a"], "label": ["b"]}).to_parquet(tmp_path / "whole.parquet")
    content = (tmp_path / "whole.parquet").read_bytes()
    assert "truncated or not a Parquet file" in problem(written(tmp_path / "train.parquet", content[:kept]))


def test_text_behind_a_parquet_name_says_so(tmp_path):
    assert "not a Parquet file" in problem(written(tmp_path / "train.parquet", "text,label\na,b\n"))


def test_a_file_that_cannot_be_opened_says_why(tmp_path):
    assert "cannot be read" in problem(tmp_path / "absent.csv")

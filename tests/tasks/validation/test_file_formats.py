"""CSV, JSON Lines and Parquet are read to the cell, or the place where a file is broken is named."""

from pathlib import Path

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


def test_bytes_that_are_not_utf_8_are_located_with_a_command_that_converts_them(tmp_path):
    path = written(tmp_path / "my train.csv", "text,label\nok,b\ncafé,b\n".encode("cp1252"))
    found = problem(path)
    assert "line 3 is not UTF-8 (byte 0xe9 at offset 19)" in found
    assert f"iconv -f WINDOWS-1252 -t UTF-8 '{path}' > 'my train.csv'" in found
    assert "-f UTF-16" in problem(written(path, "text,label\na,b\n".encode("utf-16")))


@pytest.mark.parametrize("kept", [0, 40, -20])
def test_a_truncated_parquet_file_says_so(tmp_path, kept):
    pd.DataFrame({"text": ["a"], "label": ["b"]}).to_parquet(tmp_path / "whole.parquet")
    content = (tmp_path / "whole.parquet").read_bytes()
    assert "truncated or not a Parquet file" in problem(written(tmp_path / "train.parquet", content[:kept]))


def test_text_behind_a_parquet_name_says_so(tmp_path):
    assert "not a Parquet file" in problem(written(tmp_path / "train.parquet", "text,label\na,b\n"))


def test_a_file_that_cannot_be_opened_says_why(tmp_path):
    assert "cannot be read" in problem(tmp_path / "absent.csv")

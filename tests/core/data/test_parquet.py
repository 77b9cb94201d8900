"""A Parquet file that a stage needs is there, whole and with its columns, or the user is told what to do."""

from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import UserError
from core.data import parquet

FILE = Path("rows.parquet")


def test_the_columns_asked_for_are_read():
    pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]}).to_parquet(FILE)
    assert parquet.frame(FILE, ["label"]).to_dict("list") == {"label": ["x", "y"]}
    assert parquet.table(FILE).to_pydict() == {"text": ["a", "b"], "label": ["x", "y"]}


@pytest.mark.parametrize(
    ("texts", "lengths"),
    [(["a"] * 5, [3, 2]), (["a" * 6, "b", "c" * 30, "d"], [2, 1, 1]), (["ä" * 4, "b" * 4, "c" * 4], [2, 1]), ([], [])],
    ids=["few rows", "a long text", "characters and not bytes", "none"],
)
def test_rows_are_read_a_few_at_a_time_and_fewer_where_texts_are_long(monkeypatch, texts, lengths):
    monkeypatch.setattr(parquet, "AT_A_TIME", 3)
    monkeypatch.setattr(parquet, "CHARACTERS", 10)
    pd.DataFrame({"row_id": range(len(texts)), "text": pd.Series(texts, dtype="str")}).to_parquet(FILE)
    found = list(parquet.batches(FILE, ["text"]))
    assert [len(rows) for rows in found] == lengths
    assert [text for rows in found for text in rows["text"].to_pylist()] == texts
    assert parquet.rows(FILE) == len(texts)


@pytest.mark.parametrize(
    "read", [parquet.frame, parquet.table, parquet.rows, parquet.schema, lambda path: list(parquet.batches(path))]
)
def test_a_damaged_file_is_named_with_what_to_do(read):
    FILE.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(UserError, match="rows.parquet is damaged .*: delete it and run `dvc repro`"):
        read(FILE)


def test_a_file_that_lacks_a_column_is_damaged():
    pd.DataFrame({"text": ["a"]}).to_parquet(FILE)
    with pytest.raises(UserError, match="rows.parquet is damaged"):
        parquet.frame(FILE, ["label"])
    with pytest.raises(UserError, match=r"rows.parquet is damaged \(no column group, label, row_id\)"):
        next(parquet.batches(FILE))


def test_a_missing_file_asks_for_the_stage_before():
    with pytest.raises(UserError, match="rows.parquet is missing. Maybe you forgot to run a previous stage"):
        parquet.table(FILE)


def test_whichever_byte_is_damaged_the_columns_asked_for_are_there_or_the_file_is_refused():
    pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]}).to_parquet(FILE)
    sound = FILE.read_bytes()
    for place in range(len(sound)):
        FILE.write_bytes(sound[:place] + bytes([sound[place] ^ 64]) + sound[place + 1 :])
        with suppress(UserError):
            assert list(parquet.frame(FILE, ["label"]).columns) == ["label"]

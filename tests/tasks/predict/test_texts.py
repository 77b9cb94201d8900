"""New texts keep the names that their file gives them."""

from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import UserError
from tasks.predict import texts
from tasks.validation.params import FOUND_OUT


def test_rows_keep_their_own_names_and_those_without_get_one():
    Path("new.csv").write_text("row_id,text\nvisit 7,mild rash\n,severe melena\n", encoding="utf-8")
    rows, how = texts.read(Path("new.csv"), ["text"], FOUND_OUT)
    assert rows["row_id"].tolist() == ["visit 7", "new-2"]
    assert how == ["new.csv: read as UTF-8, comma-separated"]


@pytest.mark.parametrize("first", ["chest pain", "pain, chest and arm"])
@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_a_row_without_a_text_keeps_its_place_in_a_table_of_one_column(first, ending):
    path, rows = Path(f"new{ending}"), pd.DataFrame({"text": [first, "", "mild rash", None, "melena"]})
    writers = {".csv": rows.to_csv, ".xlsx": rows.to_excel, ".parquet": rows.to_parquet}
    writers[ending](path, index=False)
    read, _ = texts.read(path, ["text"], FOUND_OUT)
    assert read["row_id"].tolist() == [f"new-{number}" for number in range(1, 6)]
    assert read["text"].fillna("").tolist() == [first, "", "mild rash", "", "melena"]


def test_the_second_text_of_a_pair_is_read_too():
    Path("new.csv").write_text("premise,hypothesis\na,b\nc,\n", encoding="utf-8")
    rows, _ = texts.read(Path("new.csv"), ["premise", "hypothesis"], FOUND_OUT)
    assert rows["text_pair"].isna().tolist() == [False, True]


def test_a_folder_may_hold_files_of_any_names_and_what_is_none_is_named():
    Path("new").mkdir()
    with pytest.raises(UserError, match="new holds no file: name a file of texts"):
        texts.read(Path("new"), ["text"], FOUND_OUT)
    for name in ("may", "june"):
        Path("new", f"{name}.csv").write_text("text,label\nmild rash,no\n", encoding="utf-8")
    assert texts.read(Path("new"), ["text"], FOUND_OUT)[0]["row_id"].tolist() == ["june-1", "may-1"]
    Path("new/notes.docx").touch()
    with pytest.raises(UserError, match=r"new/notes.docx is not a .csv, .* file: move it out of new"):
        texts.read(Path("new"), ["text"], FOUND_OUT)


def test_a_folder_is_read_as_data_raw_is_and_its_rows_are_named_the_same():
    Path("raw").mkdir()
    for name in ("train-00000-of-00002", "train-00001-of-00002", "dev", "test"):
        Path("raw", f"{name}.tsv").write_text("text\tlabel\nmild, rash\tno\n", encoding="utf-8")
    rows, how = texts.read(Path("raw"), ["text"], FOUND_OUT)
    assert rows["row_id"].tolist() == ["train-1", "train-2", "validation-1", "test-1"]
    assert len(how) == 4
    assert texts.read(Path("raw/dev.tsv"), ["text"], FOUND_OUT)[0]["row_id"].tolist() == ["validation-1"]

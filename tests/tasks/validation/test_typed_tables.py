"""Parquet, saved `datasets` folders and Excel keep their types, and classes their names."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from openpyxl import Workbook

from core.base.errors import UserError
from tasks.validation.__main__ import main
from tasks.validation.file_formats import contents
from tests.tasks.validation.conftest import report, validated

CLASSES = ["routine", "urgent"]


def saved(texts: list[str], labels: list[int]) -> Dataset:
    features = Features({"text": Value("string"), "label": ClassLabel(names=CLASSES)})
    return Dataset.from_dict({"text": texts, "label": labels}, features=features)


def test_classes_in_the_metadata_of_parquet_have_their_names(tmp_path):  # case 24
    saved(["a", "b", "c"], [1, 0, -1]).to_parquet(tmp_path / "train.parquet")
    assert contents(tmp_path / "train.parquet").values("label") == ["urgent", "routine", None]


def test_a_number_that_no_class_has_is_named(tmp_path):
    table = saved(["a"], [1]).data.table.set_column(1, "label", pa.array([7]))
    pq.write_table(table, tmp_path / "train.parquet")
    with pytest.raises(UserError, match=r"column label: 7 is none of its 2 classes \(routine, urgent\)"):
        contents(tmp_path / "train.parquet").values("label")


def test_a_date_that_python_has_not_is_said_so_without_a_traceback(tmp_path):
    dates = pa.array([2**62], pa.timestamp("us"))  # as a database's infinity comes out
    pq.write_table(pa.table({"text": ["a"], "seen": dates}), tmp_path / "train.parquet")
    content = contents(tmp_path / "train.parquet")
    assert content.values("text") == ["a"]
    with pytest.raises(UserError, match=r"column seen, is damaged \(.*out of range"):
        content.values("seen")


def test_a_parquet_name_that_stands_twice_is_named(raw):  # case 24
    for split in ("train", "validation", "test"):
        table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"]), pa.array(["x"])], ["text", "text", "label"])
        pq.write_table(table, raw / f"{split}.parquet")
    with pytest.raises(UserError, match="train.parquet has 2 columns named 'text': rename or remove all but one"):
        main()


def test_a_saved_folder_of_datasets_is_read_as_it_is(raw):
    rows = {name: saved([f"{name} calm", f"{name} pain"], [0, 1]) for name in ("train", "validation", "test")}
    DatasetDict(rows).save_to_disk(raw / "mine", num_shards={"train": 2, "validation": 1, "test": 1})
    main()
    assert validated("train")["label"].tolist() == CLASSES
    assert [(each["file"], each["read_as"], each["rows"]) for each in report()["files"]][:2] == [
        ("mine/train/data-00000-of-00002.arrow", "Arrow", 1),
        ("mine/train/data-00001-of-00002.arrow", "Arrow", 1),
    ]


def test_rows_of_shards_are_numbered_through(raw):
    for split in ("train", "dev", "test"):
        for number in range(2):
            part = pd.DataFrame({"text": [f"{split} {number}"], "label": [CLASSES[number]]})
            part.to_parquet(raw / f"{split}-0000{number}-of-00002.parquet")
    main()
    assert validated("validation")["row_id"].tolist() == ["validation-1", "validation-2"]


@pytest.mark.parametrize("content", [b"", b"ARROW1", b"text,label\n"])
def test_a_damaged_arrow_file_says_so(tmp_path, content):
    (tmp_path / "train.arrow").write_bytes(content)
    with pytest.raises(UserError, match="truncated or not an Arrow file"):
        contents(tmp_path / "train.arrow")


class TestExcel:
    @pytest.fixture(autouse=True)
    def _with_openpyxl(self):
        pytest.importorskip("openpyxl")

    def test_one_sheet_is_read_with_the_numbers_of_its_rows_a_blank_one_among_them(self, tmp_path):
        frame = pd.DataFrame({"text": ["a, b", None, "c"], "label": [1, None, 2]})
        frame.to_excel(tmp_path / "train.xlsx", index=False)
        found = contents(tmp_path / "train.xlsx")
        assert (list(found.numbers), list(found.values("text")), found.how) == ([2, 3, 4], ["a, b", None, "c"], "Excel")

    def test_a_second_sheet_is_not_left_out_in_silence(self, tmp_path):
        with pd.ExcelWriter(tmp_path / "train.xlsx") as book:
            pd.DataFrame({"text": ["a"]}).to_excel(book, sheet_name="one")
            pd.DataFrame({"text": ["b"]}).to_excel(book, sheet_name="two")
        with pytest.raises(UserError, match=r"has 2 sheets with data \(one, two\): leave one"):
            contents(tmp_path / "train.xlsx")

    def test_a_text_that_excel_has_cut_off_is_named(self, tmp_path):
        pd.DataFrame({"text": ["x" * 32_767]}).to_excel(tmp_path / "train.xlsx", index=False)
        with pytest.raises(UserError, match="row 2 has a cell of 32767 characters, where Excel cuts texts off"):
            contents(tmp_path / "train.xlsx")

    def test_a_damaged_workbook_says_so(self, tmp_path):
        (tmp_path / "train.xlsx").write_bytes(b"PK\x03\x04 no more")
        with pytest.raises(UserError, match="is damaged or not an .xlsx file"):
            contents(tmp_path / "train.xlsx")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda sheet: sheet.merge_cells("B2:B3"), "has merged cells (B2:B3), of which Excel keeps one value"),
        (lambda sheet: sheet.append(["=A2", "urgent"]), "has formulas that were never computed (A4): open it in Excel"),
        (lambda sheet: sheet.append(["#NAME?", "urgent"]), "has cells that hold an error (A4 #NAME?) where there was"),
    ],
)
def test_cells_of_excel_that_have_lost_what_they_held_are_named(tmp_path, spoil, words):
    book = Workbook()
    for row in (["text", "label"], ["calm", "routine"], ["pain", "urgent"]):
        book.active.append(row)
    spoil(book.active)
    book.save(tmp_path / "train.xlsx")
    with pytest.raises(UserError) as caught:
        contents(tmp_path / "train.xlsx")
    assert words in caught.value.problems[0]

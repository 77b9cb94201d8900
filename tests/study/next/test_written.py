"""The file of rows to label."""

import csv
from pathlib import Path

from study.next import written
from study.next.written import ToLabel
from tasks.validation.file_formats import contents

OUT = Path("out.csv")


def lines(file: Path, *rows: ToLabel, label: str = "label") -> list[list[str]]:
    written.write(OUT, contents(file), label, rows)
    with OUT.open(encoding="utf-8", newline="") as opened:
        return list(csv.reader(opened))


def test_each_row_says_where_it_stands_and_why_it_was_chosen():
    file = Path("in.csv")
    file.write_text('id,text\n7,"two,\nlines"\n8,=one\n', encoding="utf-8")
    found = lines(file, ToLabel(1, "diversity", 12.25), ToLabel(0, "uncertainty", 0.5))
    assert found == [
        ["line", "rank", "chosen_by", "score", "id", "text", "label"],
        ["4", "1", "diversity", "12.25", "8", "=one", ""],
        ["2", "2", "uncertainty", "0.5", "7", "two,\nlines", ""],
    ]


def test_a_column_for_the_label_is_there_once():
    file = Path("in.csv")
    file.write_text("class,text\n,cough\n", encoding="utf-8")
    assert lines(file, ToLabel(0, "random", 0), label="class")[0][4:] == ["class", "text"]


def test_values_of_json_stand_as_json():
    file = Path("in.jsonl")
    file.write_text('{"text": "café", "seen": true, "tags": ["a", "é"]}\n{"text": "leg"}\n', encoding="utf-8")
    found = lines(file, ToLabel(0, "random", 0), ToLabel(1, "random", 0))
    assert [row[4:7] for row in found[1:]] == [["café", "true", '["a", "é"]'], ["leg", "", ""]]

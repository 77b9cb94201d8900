"""Columns that are not named, or not there, are shown with a command that works."""

from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import UserError
from tasks import params
from tasks.data.columns import Given, with_columns
from tests.conftest import ROOT

SETTINGS = params.load(ROOT / "params.yaml").validation
NOTES = pd.DataFrame({"case": ["1", "1"], "note of day": ["is calm", "is in pain"], "class": ["low", "high"]})


@pytest.fixture
def notes(tmp_path) -> Path:
    path = tmp_path / "notes.csv"
    NOTES.to_csv(path, index=False)
    return path


def problem(path: Path, text: str = "", label: str = "", group: str = "") -> str:
    with pytest.raises(UserError) as caught:
        with_columns(SETTINGS, Given([path], text, label, group), path)
    return str(caught.value)


def test_all_columns_are_shown_with_a_command_that_works(notes):
    found = problem(notes)
    assert f"{notes} has case ('1'), note of day ('is calm'), class ('low')" in found
    assert found.endswith(f"Maybe `make data FILES={notes} TEXT='note of day' LABEL=class`")
    found = with_columns(SETTINGS, Given([notes], "note of day", "class", ""), notes)
    assert (found.text, found.label, found.group, found.cluster, found.slices) == (
        "note of day",
        "class",
        None,
        None,
        [],
    )


def test_a_column_whose_values_recur_is_proposed_as_the_group(tmp_path):
    patients = [f"P{number // 2}" for number in range(40)]
    frame = pd.DataFrame({"row": range(40), "ward": ["A", "B"] * 20, "patient no": patients})
    frame = frame.assign(note=[f"note {number} is long enough" for number in range(40)], label=["low", "high"] * 20)
    frame.to_csv(path := tmp_path / "notes.csv", index=False)
    hint = "; add GROUP='patient no' if rows of one patient no must stay together"
    assert problem(path, "note", "").endswith(f"LABEL=ward`{hint}")
    assert problem(path, "note", "lable", "patient no").endswith("GROUP='patient no'`")
    frame.drop(columns="patient no").to_csv(path, index=False)
    assert "GROUP" not in problem(path)


@pytest.mark.parametrize(
    ("named", "proposed"),
    [
        (("nota", "class", "case"), "TEXT='note of day' LABEL=class GROUP=case"),
        (("note of day", "clas", "case"), "TEXT='note of day' LABEL=class GROUP=case"),
        (("note of day,case", "clas", ""), "TEXT='note of day,case' LABEL=class"),
        (("note of day", "case", "pat"), "TEXT='note of day' LABEL=case"),
    ],
)
def test_what_was_named_rightly_stands_in_the_proposal(notes, named, proposed):
    assert problem(notes, *named).endswith(f"{proposed}`")


def test_a_comma_may_be_part_of_the_name_of_a_column():
    names = ["title", "note, long", "a", "b", "a,b"]
    typed = {"title,note, long": ["title", "note, long"], "note, long , title": ["note, long", "title"]}
    typed |= {"a,b": ["a,b"], "a, b": ["a", "b"], "title,nota": ["title", "nota"], "title": ["title"]}
    for text, columns in typed.items():
        assert Given([], text, "", "").texts(names) == columns


def test_a_column_that_is_named_twice_is_refused(notes):
    assert "name 'class' twice" in problem(notes, "note of day", "class", "class")
    assert "name 'class' twice" in problem(notes, "class", "class")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("one.json", '{"notes": "is calm"}', "one.json has notes"),
        ("headless.csv", "is calm,low\nis ill,low\n", "there seems to be no header"),
    ],
)
def test_nothing_is_proposed_where_no_command_can_work(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    found = problem(path, "note", "class")
    assert words in found and "Maybe" not in found

"""New texts keep the names that their file gives them."""

from pathlib import Path

from tasks.predict import texts


def test_rows_keep_their_own_names_and_those_without_get_one():
    Path("new.csv").write_text("row_id,text\nvisit 7,mild rash\n,severe melena\n", encoding="utf-8")
    assert texts.read(Path("new.csv"), ["text"])["row_id"].tolist() == ["visit 7", "new-2"]


def test_the_second_text_of_a_pair_is_read_too():
    Path("new.csv").write_text("premise,hypothesis\na,b\nc,\n", encoding="utf-8")
    rows = texts.read(Path("new.csv"), ["premise", "hypothesis"])
    assert rows["text_pair"].isna().tolist() == [False, True]

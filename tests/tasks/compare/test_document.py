"""What the comparison says."""

import pandas as pd
import pytest

from tasks.compare.__main__ import main


def said(capsys) -> str:
    main("a.csv", "b.csv", "--labels", "labels.csv")
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("right", "size", "title"),
    [
        ((0.7, 0.85), 1, "Yes"),
        ((0.85, 0.7), 1, "No"),
        ((0.8, 0.801), 1, "Not shown"),
        ((0.7, 0.85), 20, "Too few rows"),
    ],
)
def test_each_verdict_has_its_words(tables, capsys, right, size, title):
    tables(right, size, non_inferiority=0.0)
    assert said(capsys).splitlines()[0] == f"# Is B better than A? {title}"


def test_clusters_are_counted_where_rows_share_something(tables, capsys):
    tables(size=4)
    assert "400 rows in 100 clusters would show a gain of" in said(capsys)
    tables()
    assert "400 rows would show a gain of" in said(capsys)


def test_what_a_model_answers_beside_labels_is_named_as_text_of_the_data(tables, capsys):
    tables()
    answers = pd.read_csv("b.csv")
    answers.loc[:1, "class"] = "<b>|"
    answers.loc[2, "class"] = None
    answers.to_csv("b.csv", index=False)
    assert "classes alone; 3 answers that are no label (`<b>\\|`, none): wrong |" in said(capsys)


def test_the_same_tables_give_the_same_bytes(tables, capsys):
    tables()
    assert said(capsys) == said(capsys)

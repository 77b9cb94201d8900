"""Predictions that others made, read as they come."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from core.base.errors import UserError
from core.data.given_predictions import answers, read, unknown

NAMES = ["routine", "urgent"]
ROWS = ["1", "2", "3"]


def written(name: str, content: str) -> str:
    Path(name).write_text(content, encoding="utf-8")
    return name


def classes(source: str) -> list[int]:
    return answers(read(source), ROWS, NAMES).probabilities.argmax(1).tolist()


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_classes_are_read_from_each_kind_of_file_in_the_order_asked_for(name):
    records = [{"row_id": 3, "class": "urgent"}, {"row_id": 1, "class": "routine"}, {"row_id": 2, "class": "urgent"}]
    table = pd.DataFrame(records)
    if ".jsonl" in name:
        content = "\n".join(map(json.dumps, records)).encode()
        Path(name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    elif name.endswith(".parquet"):
        table.to_parquet(name)
    else:
        table.to_csv(name, index=False, sep="\t" if ".tsv" in name else ",")
    assert classes(name) == [0, 1, 1]
    assert answers(read(name), ROWS, NAMES).classes_alone


def test_a_class_is_a_label_where_their_keys_are_equal():
    source = written("llm.csv", "row_id,class\n1, Routine.\n2,URGENT\n3,“urgent”\n")
    assert classes(source) == [0, 1, 1]


def test_probabilities_are_columns_by_the_classes_names_or_one_of_lists():
    source = written("model.csv", "row_id,urgent,Routine\n1,0.25,0.75\n2,0.5,0.5\n3,1,0\n")
    expected = [[0.75, 0.25], [0.5, 0.5], [0, 1]]
    assert answers(read(source), ROWS, NAMES).probabilities.tolist() == expected
    pd.DataFrame({"row_id": ROWS, "probabilities": expected}).to_parquet("lists.parquet")
    found = answers(read("lists.parquet"), ROWS, NAMES)
    assert found.probabilities.tolist() == expected and not found.classes_alone


def test_what_tasks_predict_writes_is_read_as_it_is():
    source = written(
        "answers.csv",
        "row_id,class,confidence,calibrated,to_person,routine,urgent\n"
        "1,routine,0.9,0.8,False,0.9,0.1\n2,urgent,0.6,0.55,True,0.4,0.6\n3,urgent,0.7,0.6,False,0.3,0.7\n",
    )
    found = answers(read(source), ROWS, NAMES)
    assert found.probabilities.tolist() == [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]] and not found.classes_alone


def test_a_table_of_several_models_asks_which_one():
    source = written("two.csv", "model,row_id,class\na,1,urgent\nb,1,routine\n")
    with pytest.raises(UserError, match=r"of a, b: name one of them, 'two.csv:a'"):
        read(source)
    assert answers(read("two.csv:b"), ["1"], NAMES).probabilities.tolist() == [[1, 0]]
    with pytest.raises(UserError, match="of a, b: name one"):
        read("two.csv:c")


def test_answers_that_are_no_class_are_counted_and_have_a_place_of_their_own_where_that_is_asked_for():
    source = written("llm.csv", "row_id,class\n1,I cannot say\n2,\n3,urgent\n")
    given = read(source)
    assert unknown(given, ROWS, NAMES) == {"I cannot say": 1, "": 1}
    assert answers(given, ROWS, NAMES, others=True).probabilities.tolist() == [[0, 0, 1], [0, 0, 1], [0, 1, 0]]
    with pytest.raises(UserError, match=r"'I cannot say' of 1 rows, '' of 1 rows, and the classes are routine, urgent"):
        answers(given, ROWS, NAMES)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "id,class\n1,urgent\n", "a.csv has no column 'row_id'; it has 'id', 'class'"),
        ("a.csv", "row_id,class\n", "a.csv has no rows"),
        ("a.csv", "", "a.csv cannot be read .*: write or copy it again"),
        (
            "a.csv",
            "row_id,class\n1,urgent,more\n2,urgent,more\n",
            "a.csv cannot be read .*row 1, 2 has more or fewer cells than the header, which has 2",
        ),
        ("a.csv", "row_id,class\n1\n2,urgent\n", "a.csv cannot be read .row 1 has more or fewer cells"),
        ("a.csv", "row_id,class,class\n1,urgent,routine\n", "a.csv cannot be read .the column 'class' stands twice"),
        ("a.csv", "row_id,class\n1,urgent\n ,urgent\n", r"a.csv has rows without a row_id \(row 2\)"),
        ("a.csv", "row_id,class\nx,urgent\ny,urgent\n", r"no prediction for 3 of 3 rows \(1, 2, 3; its own are x, y\)"),
        (
            "a.csv",
            "row_id,routine,urgent,Urgent\n1,1,0,0\n2,1,0,0\n3,1,0,0\n",
            "a.csv has the columns 'urgent', 'Urgent' for one class",
        ),
        (
            "a.csv",
            "row_id,routine,urgent\n1,.4,.3\n2,.5,.5\n3,1,0\n",
            "Where the rest is of other classes, write a column 'class'",
        ),
        ("a.csv", "row_id,class\n1,urgent\n2,urgent\n1,urgent\n", r"more than one prediction for 1 rows \(1\)"),
        ("a.csv", "row_id,class\n1,urgent\n", r"no prediction for 2 of 3 rows \(2, 3\)"),
        ("a.csv", "row_id,answer\n1,a\n2,a\n3,a\n", "neither a column 'class' nor one for each of routine, urgent"),
        ("a.csv", "row_id,routine,urgent\n1,1,0\n2,.5,.6\n3,1,0\n", "of 2 are 0.5, 0.6: each is 0 or more"),
        ("a.csv", "row_id,routine,urgent\n1,1,0\n2,nan,1\n3,1,0\n", "of 2 are nan, 1: each is"),
        ("a.csv", "row_id,routine,urgent\n1,1,0\n2,most,0\n3,1,0\n", "a.csv has no probabilities for 1 rows"),
        (
            "a.csv",
            "row_id,class,routine,urgent\n1,urgent,1,0\n2,routine,1,0\n3,routine,1,0\n",
            "1 has the class 'urgent'",
        ),
        ("a.jsonl", '{"row_id": 1}\n{"row_id"\n', "a.jsonl cannot be read"),
        ("a.jsonl", '{"row_id": 1}\n[1]\n3\n', "row 2, 3 is no object with names"),
        ("a.jsonl.gz", "no gzip", "a.jsonl.gz cannot be read .Not a gzipped file"),
        ("a.parquet", "no parquet", "a.parquet cannot be read"),
        ("a.xml", "<a/>", "its name ends in none of .csv, .tsv, .jsonl and .parquet"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(name, content, said):
    with pytest.raises(UserError, match=said):
        answers(read(written(name, content)), ROWS, NAMES)


def test_a_missing_file_and_one_in_another_encoding_are_said():
    with pytest.raises(UserError, match="none.csv is missing"):
        read("none.csv")
    Path("latin.csv").write_bytes("row_id,class\n1,dringend für heute\n".encode("latin-1"))
    with pytest.raises(UserError, match="latin.csv cannot be read"):
        read("latin.csv")


@pytest.mark.parametrize("second", [[0.2, 0.3, 0.5], None, ["most", "little"]])
def test_lists_that_are_not_a_number_for_each_class_are_named_by_their_row(second):
    pd.DataFrame({"row_id": ROWS, "probabilities": [[0.5, 0.5], second, [1.0, 0.0]]}, dtype=object).to_json(
        "lists.jsonl", orient="records", lines=True
    )
    with pytest.raises(UserError, match="lists.jsonl has no probabilities for 1 rows, .* each of 2 classes .2: "):
        answers(read("lists.jsonl"), ROWS, NAMES)


def test_whole_numbers_that_became_floats_are_the_row_ids_that_they_were():
    pd.DataFrame({"row_id": [1.0, 2.0, 3.0], "class": ["routine", "urgent", "urgent"]}).to_parquet("floats.parquet")
    assert classes("floats.parquet") == [0, 1, 1]


def test_the_column_of_classes_may_have_another_name_and_a_list_of_one_answer_is_that_answer():
    source = written(
        "samples.jsonl",
        '{"row_id": 1, "filtered_resps": ["routine"], "class": "x"}\n{"row_id": 2, "filtered_resps": ["urgent"]}\n'
        '{"row_id": 3, "filtered_resps": ["urgent "]}\n',
    )
    found = answers(read(source, of_class="filtered_resps"), ROWS, NAMES)
    assert found.probabilities.argmax(1).tolist() == [0, 1, 1]
    with pytest.raises(UserError, match="samples.jsonl has no column 'answer'; it has 'row_id', 'filtered_resps'"):
        read(source, of_class="answer")


def test_probabilities_of_classes_whose_names_are_other_columns_are_read_as_tasks_predict_writes_them():
    source = written(
        "answers.csv",
        "row_id,class,confidence,probability of class,probability of confidence\n1,confidence,0.9,0.1,0.9\n",
    )
    assert answers(read(source), ["1"], ["class", "confidence"]).probabilities.tolist() == [[0.1, 0.9]]

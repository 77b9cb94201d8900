import importlib
import os
import socket
from typing import Any

import pandas as pd
import pytest

import tasks
from tasks.validation.expectations import check
from tasks.validation.explanations import explain
from tasks.validation.params import FOUND_OUT, Bounds, RowsPerClass, Split, Validation

SETTINGS = Validation(
    text="note",
    label="triage",
    group="patient",
    cluster=None,
    slices=[],
    labels=None,
    read=FOUND_OUT,
    characters=Bounds(minimum=3, maximum=100),
    minimum_rows=RowsPerClass(train=1, validation=1, test=1),
    rare="stop",
    merged="other",
    split=Split(validation=0.1, test=0.2, seed=13),
)
LABELS = ['it\'s "x"', "back`tick\\ @a & b\nnew line"]


def rows(**changes: dict[int, Any]) -> pd.DataFrame:
    """Two usable rows per split, one of each label; `changes` set cells of a column by row number."""
    table = pd.DataFrame(
        {
            "row_id": [f"{name}-{n}" for name in ("train", "validation", "test") for n in (1, 2)],
            "place": [f"data/raw/{name}.csv line {n}" for name in ("train", "validation", "test") for n in (2, 3)],
            "split": [name for name in ("train", "validation", "test") for _ in range(2)],
            "text": [f"text {n}" for n in range(6)],
            "label": LABELS * 3,
            "group": [f"p{n}" for n in range(6)],
            "reason": None,
        },
        dtype="str",
    )
    for column, cells in changes.items():
        for row, value in cells.items():
            table.loc[row, column] = value
    return table.assign(key=table["text"])


def failed(table: pd.DataFrame, settings: Validation = SETTINGS, labels: list[str] = LABELS) -> dict[str, list[str]]:
    return {each.expectation: each.row_ids for each in check(table, settings, labels) if not each.passed}


def problems(table: pd.DataFrame, settings: Validation = SETTINGS, labels: list[str] = LABELS) -> list[str]:
    return explain(check(table, settings, labels), table, settings, labels)


def test_good_rows_meet_every_expectation_whatever_marks_their_labels_hold():
    outcomes = check(rows(), SETTINGS, LABELS)
    assert all(each.passed and each.failing == 0 and each.row_ids == [] for each in outcomes)
    assert {each.severity for each in outcomes} == {"critical", "warning"}
    assert [each.expectation for each in outcomes][-2:] == [
        "test has usable rows of every class",
        "each class of test has at least 1 usable rows",
    ]


@pytest.mark.parametrize(
    ("changes", "expectation", "row_ids"),
    [
        ({"text": {1: None}, "reason": {1: "empty text"}}, "every row has a text", ["train-2"]),
        ({"label": {3: None}}, "every usable row has a label", ["validation-2"]),
        ({"label": {3: "urgnt"}}, "every label is one of the known labels", ["validation-2"]),
        ({"text": {4: "ab"}}, "every text has 3 to 100 characters", ["test-1"]),
        ({"text": {4: "a" * 101}}, "every text has 3 to 100 characters", ["test-1"]),
        ({"group": {5: "p0"}}, "no group spans two splits", ["train-1", "test-2"]),
        ({"reason": {5: "duplicate"}}, "test has usable rows of every class", []),
    ],
)
def test_each_fault_fails_its_expectation_and_names_its_rows(changes, expectation, row_ids):
    assert failed(rows(**changes))[expectation] == row_ids


def test_quarantined_rows_fail_no_critical_expectation():
    spare = pd.concat([rows(), rows().iloc[:1].assign(row_id="train-3")], ignore_index=True)
    spare.loc[6, ["text", "label", "group", "reason"]] = ["x", "unheard of", "p5", "duplicate"]
    assert problems(spare) == []


def test_one_class_is_not_enough():
    found = problems(rows(label={1: LABELS[0], 3: LABELS[0], 5: LABELS[0]}), labels=LABELS[:1])
    assert len(found) == 1
    assert "column triage: at least two classes are needed" in found[0]


def test_a_class_with_too_few_rows_says_how_many_were_quarantined():
    settings = SETTINGS.model_copy(update={"minimum_rows": RowsPerClass(train=2, validation=1, test=1)})
    found = problems(rows(reason={1: "duplicate"}), settings)
    assert found == [
        "train has 1 of at least 2 usable rows of 'it\\'s \"x\"': add rows, lower validation.minimum_rows.train to 1 "
        "in params.yaml, or set validation.rare to leave_out, or to merge, which makes all such classes one",
        f"train has 0 of at least 2 usable rows of {LABELS[1]!r} (1 quarantined, see data/quarantine.parquet): add "
        "rows, or set validation.rare to leave_out, or to merge, which makes all such classes one",
    ]


def test_the_label_meant_is_found_whatever_the_case():
    settings = SETTINGS.model_copy(update={"labels": ["No", "Yes"]})
    said = "\n".join(problems(rows(label={0: "no", 1: "yes"}), settings, ["No", "Yes"]))
    assert "(did you mean 'No'?)" in said and "(did you mean 'Yes'?)" in said


def test_a_problem_says_what_where_which_value_and_what_to_do():
    settings = SETTINGS.model_copy(update={"labels": ["routine", "urgent"]})
    table = rows(label={0: "Urgnt", 1: "urgent", 2: "urgent", 3: "routine", 4: "Urgnt", 5: None}, group={5: "p0"})
    found = problems(table, settings, ["routine", "urgent"])
    assert found[:3] == [
        "data/raw/test.csv line 3 (test-2), column triage: the label is empty: write one, or delete the row",
        "data/raw/train.csv line 2 (train-1), column triage: 'Urgnt' is not among validation.labels "
        "(did you mean 'urgent'?): correct it, or add it there in params.yaml (and 1 more: test-1)",
        "data/raw/train.csv line 2 (train-1), column patient: group 'p0' spans train, test: move all its rows to one "
        "of them, or put everything into one file, which is then split by group (and 1 more: test-2)",
    ]


def test_a_flood_of_one_kind_of_problem_is_cut_short_and_counted():
    many = pd.concat([rows()] * 5, ignore_index=True)
    many = many.assign(row_id=[f"train-{n}" for n in range(30)], split="train", label=[f"label {n}" for n in range(30)])
    found = problems(many)
    assert found[10] == "... and 20 more of this kind"


def test_a_check_that_great_expectations_cannot_make_is_not_taken_for_a_pass():
    with pytest.raises(RuntimeError, match="every row has a text could not be checked"):
        check(rows().drop(columns="key"), SETTINGS, LABELS)


def test_great_expectations_reaches_for_no_network(monkeypatch):
    def refused(*arguments: object) -> None:
        pytest.fail(f"reached for {arguments}")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert failed(rows()) == {}


def test_importing_a_stage_turns_telemetry_off_unless_the_user_chose_otherwise(monkeypatch):
    for name in ("GX_ANALYTICS_ENABLED", "DO_NOT_TRACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "0")
    importlib.reload(tasks)
    found = [os.environ[name] for name in ("GX_ANALYTICS_ENABLED", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK")]
    assert found == ["false", "0", "1"]

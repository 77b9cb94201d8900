"""`python -m tasks.compare A B --labels FILE`."""

import json
import re
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

from core.base.errors import UserError
from tasks.compare.__main__ import main

CALL = ("a.csv", "b.csv", "--labels", "labels.csv")


def said(capsys, *more: str) -> str:
    main(*CALL, *more)
    return capsys.readouterr().out


def test_it_answers_whether_the_second_is_better(tables, capsys):
    tables((0.7, 0.85))
    assert said(capsys).startswith("# Is B better than A? Yes\n\nYes: +")
    main("b.csv", "a.csv", *CALL[2:])
    assert capsys.readouterr().out.startswith("# Is B better than A? No\n\nNo, it is worse: -")


def test_options_decide_in_place_of_params(tables, capsys):
    tables((0.7, 0.85))
    assert "points of balanced accuracy" in said(capsys)
    found = said(capsys, "--primary", "accuracy", "--margin", "0.3", "--confidence", "0.9")
    assert found.startswith("# Is B better than A? No worse") and "points of accuracy (90% CI" in found


def test_params_decide_where_no_option_does(tables, capsys):
    tables((0.7, 0.85), primary="macro_f1", margin=0.3)
    assert "points of macro F1" in said(capsys) and "No worse" in said(capsys)


def test_a_positive_class_of_params_that_no_row_has_is_left_out_and_said(tables, capsys):
    tables(positive="severe")
    assert "- No class counts more than others: `evaluation.positive`, `severe`, is none of these." in said(capsys)
    with pytest.raises(UserError, match="names 'mild', and the labels are 'routine', 'urgent'"):
        main(*CALL, "--positive", "mild")


@pytest.mark.parametrize("value", ["2", "nan", "-1"])
def test_an_option_out_of_range_is_one_line(tables, value):
    tables()
    with pytest.raises(UserError, match="--confidence"):
        main(*CALL, "--confidence", value)


def test_a_cost_that_params_yaml_lacks_is_asked_for_there(tables):
    tables()
    with pytest.raises(
        UserError, match="^params.yaml: primary is 'cost', and cost is null: write what each label costs"
    ):
        main(*CALL, "--primary", "cost")


def test_what_lm_evaluation_harness_logs_is_compared_as_it_is(tables, capsys):
    tables()
    for name, right in (("a", 60), ("b", 90)):
        rows = [
            {"doc_id": row, "target": "AB"[row % 2], "filtered_resps": ["AB"[(row % 2) ^ (row >= right)]], "acc": 1.0}
            for row in range(100)
        ]
        Path(f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    columns = ("--row-id", "doc_id", "--label", "target", "--class", "filtered_resps")
    main("a.jsonl", "b.jsonl", "--labels", "a.jsonl", *columns)
    assert "Yes: +30.0 points of balanced accuracy" in capsys.readouterr().out


def test_lists_of_probabilities_are_read_in_an_order_that_is_said(tables, capsys):
    tables()
    Path("labels.csv").write_text("row_id,label\n" + "".join(f"r{row},{row % 12}\n" for row in range(120)))
    for name, right in (("a", 60), ("b", 120)):
        rows = []
        for row in range(120):
            sure = [0.0] * 12
            sure[(row + (row >= right)) % 12] = 1.0
            rows.append({"row_id": f"r{row}", "probabilities": sure})
        Path(f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    main("a.jsonl", "b.jsonl", "--labels", "labels.csv")
    found = capsys.readouterr().out
    assert "+50.0 points of balanced accuracy" in found and "| 1.000 (" in found
    assert "- Lists of probabilities are read in this order of the classes: `0`, `1`, `2`, `3`, `4`" in found


def test_weighted_kappa_takes_the_order_of_params_and_is_refused_without_one(tables, capsys, write_params):
    tables()
    with pytest.raises(UserError, match="validation.labels of params.yaml does not name 'routine', 'urgent': set it"):
        main(*CALL, "--primary", "weighted_kappa")
    labels, answers = ["low", "high", "medium"] * 20, ["low", "medium", "medium"] * 20
    for name, column, values in (("labels", "label", labels), ("a", "class", labels[::-1]), ("b", "class", answers)):
        lines = [f"r{row},{value}" for row, value in enumerate(values)]
        Path(f"{name}.csv").write_text("\n".join([f"row_id,{column}", *lines]), encoding="utf-8")
    write_params({"evaluation.positive": None, "validation.labels": ["low", "medium", "high"]})
    found = said(capsys, "--primary", "weighted_kappa")
    kappa = cohen_kappa_score(labels, answers, labels=["low", "medium", "high"], weights="quadratic")
    assert re.search(rf"\| weighted kappa \| \S+ \(.*?\) \| {kappa:.3f} ", found)

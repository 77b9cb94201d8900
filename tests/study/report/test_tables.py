"""Tables in words: what each technique reaches, and what it is predicted to need."""

import pytest

from study.curves.results import StudyScores, measured
from study.report import tables
from tests.study.report.studies import SKILLS, failed, studied


@pytest.fixture(scope="module")
def scores() -> StudyScores:
    found = studied()
    return measured(found.curves, found.params.evaluation.gates)


def cells(table: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in table.splitlines()]


def test_scores_stand_by_size_and_a_technique_without_a_draw_of_it_has_a_dash(scores):
    header, _, *rows = cells(tables.by_size(scores))
    assert header == ["rows", "size", "tf-idf", "frozen encoder", "fine-tuning", "fine-tuning, augmented"]
    assert [row[0] for row in rows] == ["20", "40", "100", "200", "400"]
    assert rows[-1][-1] == "-" and "%" in rows[0][2]


def test_each_technique_has_its_prediction_or_the_reason_why_there_is_none(scores):
    _, _, *rows = cells(tables.predictions(scores))
    assert [row[0] for row in rows] == [tables.title(name) for name in SKILLS]
    assert rows[-1][1:4] == ["-", "-", "-"] and rows[-1][4].startswith("nothing: a fit takes 5 sizes")


def test_gates_name_the_rows_from_which_on_they_are_kept(scores):
    _, _, *rows = cells(tables.gates(scores))
    assert rows[0][:2] == ["accuracy", "at least 0.85"]
    assert "| sensitivity of ur\\|gent | at least 0.8 |" in tables.gates(scores)
    easy = scores.gates[0].model_copy(update={"required": "at least 0.1"})
    kept = [each.model_copy(update={"labels": 1200}) for each in easy.reached]
    other = scores.model_copy(update={"gates": [easy.model_copy(update={"reached": kept})]})
    assert cells(tables.gates(other))[2][2:] == ["1,200"] * 4


def test_a_gate_that_no_size_keeps_says_where_it_is_predicted(scores):
    forecast = scores.forecast("finetuning")
    needed = forecast.gates[0].model_copy(update={"refused": None, "labels": 900, "low": 700, "high": None})
    assert tables._needed(needed) == "not reached; predicted: 900 (700 to more)"
    assert tables._needed(needed.model_copy(update={"labels": None})) == "not reached"


def test_pairs_say_which_is_better_and_where_that_is_not_shown(scores):
    _, _, *rows = cells(tables.pairs(scores, scores.pairs))
    assert {row[-1] for row in rows} == {"yes", "no: worse", "not shown"}


def test_what_stands_in_for_a_failed_cell_is_plain_text():
    found = studied()
    known = [failed(found.known[0], "a|b <img src=x> " + "long " * 100), *found.known[1:]]
    table = tables.lacking(type(found)(found.params, found.rows, known))
    assert "`tf_idf 5%, draw 1`" in table and "<img" not in table and "a\\|b" in table and "…" in table
    assert tables.lacking(found) == ""

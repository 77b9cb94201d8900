"""The section on what to change: one fault alone is found alone, none is said to be none, no advice is its opposite."""

import re
from collections import defaultdict
from itertools import product

import numpy as np
import pytest

from tasks.report.diagnosis import section
from tasks.report.diagnosis.label_noise import Doubted
from tests.tasks.report.conftest import change, model

FAULTS = {
    "one class for nearly every row": {"models": {"11": model(answered=1.0)}},
    "learning rate too high": {"curves": ([(100.0, 70.0), (20.0, 7.0)],) * 2, "settings": {"learning_rate": 1.0}},
    "learning rate too low": {"curves": ([(0.695, 0.69)] * 2,) * 2, "settings": {"learning_rate": 1e-7}},
    "overfitting": {"curves": ([(0.6, 0.4), (0.1, 0.7)],) * 2},
    "training too short": {"curves": ([(0.6, 0.5), (0.4, 0.4)],) * 2},
    "no model tells the classes": {
        "models": {name: model(0.55, 0.7) for name in ("tf-idf", "frozen encoder", "11", "12", "13")}
    },
    "worse by another metric": {"differences": {"accuracy": change(0.1), "macro_f1": change(-0.2, p_holm=0.001)}},
    "too few rows": {"changes": {"validation.rows.train.classes": {"routine": 10, "urgent": 10}}},
    "label noise": {"doubts": 46},
    "conflicting rows": {"changes": {"validation.set_aside.0.rows": 100}},
    "leaked rows": {"changes": {"validation.set_aside.2.rows": 100}},
    "near twins": {"suspects": 60},
    "truncation": {"changes": {"tokenization.splits.train.truncated": 1000}},
    "class imbalance": {
        "changes": {"validation.rows.train.classes": {"routine": 1500, "urgent": 100}},
        "scores": {"accuracy": 0.94, "macro_f1": 0.48},
        "curves": ([(0.2, 0.2), (0.1, 0.2)],) * 2,
    },
    "test set too small": {"verdict": "not shown", "smallest_gain": 0.14},
    "baseline near its ceiling": {
        "verdict": "harmed",
        "rungs": {"majority": 0.5, "tf-idf": 0.97},
        "smallest_gain": 0.005,
    },
}


def test_a_sound_run_keeps_every_rule_silent_and_the_section_says_so(facts):
    assert section.diagnose(facts()) == {}
    written = section.diagnosis(facts(), "")
    assert "*adapted*, and the gates hold. None of the 16 checks fired" in written
    assert "is *adapted*. None" in section.diagnosis(facts(gates=0), "")
    assert all(name in written for name in FAULTS)


def test_a_run_of_each_fault_is_here():
    assert list(FAULTS) == section.CHECKS


@pytest.mark.parametrize("name", FAULTS)
def test_a_run_with_one_fault_shows_that_one_and_no_other(facts, name):
    assert list(section.diagnose(facts(**FAULTS[name]))) == [name]
    written = section.diagnosis(facts(**FAULTS[name]), "")
    assert f"- **{name.capitalize()}.** " in written
    assert "1 of the 16 checks fired" in written


def test_where_fine_tuning_failed_and_no_rule_speaks_the_section_says_that_it_does_not_know(facts):
    written = section.diagnosis(facts(verdict="harmed", failing_gates=["loss"]), "")
    assert "*harmed*, and these gates fail: loss" in written
    assert "do not say what to change" in written


def test_a_model_that_answers_with_one_class_comes_first_and_points_to_its_cause(facts):
    collapsed = FAULTS["learning rate too high"] | FAULTS["one class for nearly every row"]
    first, second, *rest = section.diagnose(facts(**collapsed)).items()
    assert (first[0], second[0], rest) == ("one class for nearly every row", "learning rate too high", [])
    assert first[1].change == "The likely cause stands below: learning rate too high."


def advice(text: str) -> list[tuple[str, str]]:
    """Return the settings that a text says to raise or to lower, each with the word."""
    said = [
        re.match(r"(Raise|Lower)\b(.*)", part.strip()) for part in re.split(r"(?<=[a-z:]) (?=Raise|Lower)|\. ", text)
    ]
    return [(name, match[1]) for match in said if match for name in re.findall(r"`(finetuning\.\w+)`", match[2])]


def test_the_reader_of_advice_sees_what_the_rules_say(facts):
    assert advice("Lower `finetuning.epochs` or `finetuning.learning_rate`, or label more training rows.") == [
        ("finetuning.epochs", "Lower"),
        ("finetuning.learning_rate", "Lower"),
    ]
    told = {name: section.diagnose(facts(**FAULTS[name]))[name].change for name in FAULTS}
    given = {name for name, text in told.items() if advice(text)}
    assert given == {"learning rate too high", "learning rate too low", "overfitting", "training too short"}


LOSSES = (0.05, 0.5, 0.68, 0.75, 2.5)
GRID = [
    ([(first, start), (middle, halfway), (last, end)], rate)
    for first, middle, last in product(LOSSES, (0.1, 0.68, 1.0), LOSSES)
    for start, halfway, end in product((0.4, 0.9), (0.3, 0.6), (0.2, 0.55, 0.8, 2.0))
    for rate in (1e-7, 5e-5, 1e-2)
]


@pytest.mark.parametrize("head", ["random", "probed"])
@pytest.mark.parametrize("alike", [False, True])
def test_over_a_grid_of_curves_no_two_findings_give_opposite_advice(facts, head, alike):
    seen = set()
    for curve, rate in GRID:
        models = {"11": model(answered=1.0 if alike else 0.53)}
        run = facts(curves=(curve,), settings={"learning_rate": rate, "head": head}, models=models)
        findings = section.diagnose(run)
        ways = defaultdict(set)
        for finding in findings.values():
            for setting, way in advice(finding.change):
                ways[setting].add(way)
        assert all(len(each) == 1 for each in ways.values()), (curve, rate, findings)
        assert len([name for name in findings if name in section.training_rules.RULES]) <= 1
        seen.update(findings)
    assert set(section.training_rules.RULES) <= seen  # the grid reaches each of them


def test_doubted_rows_are_named_by_row_id_and_by_text_only_where_asked(facts):
    labels, ids, names = np.array([0, 1, 0]), ["validation-1", "validation-2", "validation-3"], ["a|b", "urgent"]
    doubted = Doubted("tf-idf", [2, 1], [1, 0], 3, 0.9, 0.8)
    written = section.doubted_rows(doubted, labels, ids, names, None)
    assert written.splitlines()[2] == "| `validation-3` | `a\\|b` | `urgent` |"
    assert "| `a melena <b>` |" in section.doubted_rows(doubted, labels, ids, names, ["", "", "a melena <b>"])


def test_doubted_rows_are_listed_where_label_noise_is_found_and_only_there(facts):
    assert "the table" in section.diagnosis(facts(doubts=46), "the table")
    assert "the table" not in section.diagnosis(facts(), "the table")


def test_gates_that_fail_are_named_as_plain_text(facts):
    written = section.diagnosis(facts(failing_gates=["sensitivity of <img src=x>"]), "")
    assert "these gates fail: sensitivity of &lt;img src=x&gt;." in written

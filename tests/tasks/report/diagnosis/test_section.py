"""The section on what to change: one fault alone is found alone, and none is said to be none."""

import numpy as np
import pytest

from tasks.report.diagnosis import section
from tasks.report.diagnosis.label_noise import Doubted
from tests.results import model

FAULTS = {
    "learning rate too high": {"curves": ([(100.0, 70.0), (20.0, 7.0)],) * 2, "learning_rate": 1.0},
    "learning rate too low": {"curves": ([(0.695, 0.69), (0.695, 0.69)],) * 2, "learning_rate": 1e-7},
    "training too short": {"curves": ([(0.6, 0.5), (0.4, 0.4)],) * 2},
    "overfitting": {"curves": ([(0.6, 0.4), (0.1, 0.7)],) * 2},
    "too few rows": {"changes": {"validation.rows.train.classes": {"routine": 10, "urgent": 10}}},
    "no model tells the classes": {
        "changes": {
            "metrics.seeds": {},
            "metrics.ladder.tf-idf": model(validation_accuracy=0.5, validation_loss=0.7),
            "metrics.ladder.frozen encoder": model(validation_accuracy=0.56, validation_loss=0.7),
        }
    },
    "label noise": {"doubts": 46},
    "conflicting rows": {"changes": {"validation.set_aside.0.rows": 100}},
    "leaked rows": {"changes": {"validation.set_aside.2.rows": 100}},
    "truncation": {"changes": {"tokenization.splits.train.truncated": 1000}},
    "class imbalance": {
        "changes": {
            "validation.rows.train.classes": {"routine": 1500, "urgent": 100},
            "metrics.finetuned.accuracy": 0.94,
            "metrics.finetuned.macro_f1": 0.48,
        },
        "curves": ([(0.2, 0.2), (0.1, 0.2)],) * 2,
    },
    "test set too small": {
        "changes": {
            "metrics.verdict": "not shown",
            "metrics.smallest_gain": 0.14,
        }
    },
    "baseline near its ceiling": {
        "changes": {"metrics.verdict": "harmed", "metrics.baseline.accuracy": 0.97, "metrics.smallest_gain": 0.005}
    },
}


def test_a_sound_run_keeps_every_rule_silent_and_the_section_says_so(facts):
    assert section.diagnose(facts()) == {}
    written = section.diagnosis(facts(), "")
    assert "*adapted*, and the gates hold" in written
    assert all(name in written for name in FAULTS)


def test_a_run_of_each_fault_is_here():
    assert list(FAULTS) == list(section.RULES)


@pytest.mark.parametrize("name", FAULTS)
def test_a_run_with_one_fault_shows_that_one_and_no_other(facts, name):
    assert list(section.diagnose(facts(**FAULTS[name]))) == [name]
    assert f"- **{name.capitalize()}.** " in section.diagnosis(facts(**FAULTS[name]), "")


def test_where_fine_tuning_failed_and_no_rule_speaks_the_section_says_that_it_does_not_know(facts):
    failed = facts({"metrics.verdict": "harmed", "metrics.gates.loss.passed": False})
    written = section.diagnosis(failed, "")
    assert "*harmed*, and these gates fail: loss" in written
    assert "do not say what to change" in written


def test_a_test_set_too_small_names_how_many_rows_would_do(facts):
    found = section.test_set_too_small(facts(**FAULTS["test set too small"]))
    assert found and "600 test rows show a gain of 14.0 points or more, of the 28.0" in found.evidence
    assert "about 2,400 would show 7.0 points" in found.change  # half the gain takes four times the rows


def test_a_baseline_without_errors_makes_no_test_set_too_small(facts):
    perfect = {"metrics.verdict": "not shown", "metrics.baseline.accuracy": 1.0}
    assert section.test_set_too_small(facts(perfect)) is None


def test_doubted_rows_are_named_by_row_id_and_by_text_only_where_asked(facts):
    labels, ids, names = np.array([0, 1, 0]), ["validation-1", "validation-2", "validation-3"], ["a|b", "urgent"]
    doubted = Doubted([2, 1], [1, 0], 3, 0.9, 0.8)
    written = section.doubted_rows(doubted, labels, ids, names, None)
    assert written.splitlines()[2] == "| `validation-3` | `a\\|b` | `urgent` |"
    assert "| `a melena <b>` |" in section.doubted_rows(doubted, labels, ids, names, ["", "", "a melena <b>"])


def test_doubted_rows_are_listed_where_label_noise_is_found_and_only_there(facts):
    assert "the table" in section.diagnosis(facts(doubts=46), "the table")
    assert "the table" not in section.diagnosis(facts(), "the table")

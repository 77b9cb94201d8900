"""The verdict in plain sentences, for people."""

from typing import Any

import pytest

from core.decision.decision import Decision
from core.reporting import headline
from core.reporting.headline import Headline
from core.scores.gates import Judged
from core.scores.intervals import Interval
from tests.results import forgetting, within
from tests.round_results import APPLY, against, by_metric, change, metrics, of_class

BINARY = Decision(primary="balanced_accuracy", classes=2, positive=1)


def said(changes: dict[str, Any] | None = None, decision: Decision = BINARY, reading: int | None = 1) -> Headline:
    return headline.headline(metrics(changes), decision, reading)


def test_the_answer_is_a_sentence_about_the_closest_baseline():
    found = said()
    assert found.title == "Did fine-tuning help? Yes"
    assert found.answer == (
        "Yes: +16.0 points of balanced accuracy (95% CI 12.0 to 20.0) over tf-idf, the closest baseline; better than "
        "every baseline."
    )


@pytest.mark.parametrize(
    ("verdict", "gain", "title", "answer"),
    [
        (
            "not shown",
            0.01,
            "Not shown",
            "Not shown: +1.0 points of balanced accuracy (95% CI -3.0 to 5.0) over majority",
        ),
        (
            "harmed",
            -0.1,
            "No",
            "No: -10.0 points of balanced accuracy (95% CI -14.0 to -6.0) against majority, which does",
        ),
        (
            "no worse",
            0.0,
            "No worse",
            "No worse: +0.0 points of balanced accuracy (95% CI -4.0 to 4.0) against majority",
        ),
        (
            "too few groups",
            0.2,
            "Too few groups",
            "Too few groups: the test rows tell as much as 600 clusters",
        ),
    ],
)
def test_each_verdict_has_its_own_answer_about_the_baseline_that_decides(verdict, gain, title, answer):
    found = said({"verdict": verdict, "against.majority": against(gain)})
    assert found.title == f"Did fine-tuning help? {title}"
    assert found.answer.startswith(answer)


def test_margins_are_named_where_they_count():
    decision = Decision(primary="balanced_accuracy", classes=2, margin=0.02, non_inferiority=0.03)
    assert said(decision=decision).answer.endswith(
        "better than every baseline by more than 2.0 points of balanced accuracy."
    )
    assert (
        "a loss of more than 3.0 points of balanced accuracy is excluded"
        in said({"verdict": "no worse"}, decision).answer
    )


def test_the_class_that_must_not_be_missed_is_counted_per_1000_rows():
    assert said().missed == (
        "Of 1,000 rows like these, 200 are `urgent`: 30 (20 to 40) are missed, and 80 (65 to 95) others called "
        "`urgent`. Sensitivity 85.0% (80.0% to 90.0%); tf-idf 70.0%."
    )


def test_of_many_classes_without_one_that_must_not_be_missed_the_one_found_least_is_named():
    classes = {side: [of_class("a", 0.9), of_class("b|c", 0.6)] for side in ("baseline", "published")}
    found = said({"positive": None, "classes": classes}, Decision(primary="balanced_accuracy", classes=3))
    assert found.missed == "Least of `b\\|c` is found: 60.0% (55.0% to 65.0%) of its rows."


def test_what_another_training_run_would_give_is_said_or_that_it_is_not_known():
    assert said().another_run == "Trained once more: 83.0% to 93.0%, judging by 3 runs."
    assert "is not known" in said({"new_seed": None}).another_run


def test_which_reading_it_is_stands_there_and_what_follows_from_earlier_ones():
    assert said().reading == (
        "Reading 1 of this test split, 1,000 rows in 640 clusters. No choice in this run used them."
    )
    assert said(reading=3).reading == (
        "Reading 3 of this test split, 1,000 rows in 640 clusters; settings that followed earlier readings make scores "
        "too high."
    )


def test_sealed_the_title_says_that_these_are_validation_scores():
    found = said({"split": "validation"}, reading=None)
    assert found.title == "Did fine-tuning help? Yes, on validation: the test split is sealed"
    assert found.reading.startswith("Validation scores only, the test split is sealed")


def test_accuracy_that_decides_where_a_class_has_most_rows_is_warned_of():
    changes = {"primary": "accuracy", "rows.commonest": 0.97}
    (warning,) = said(changes, Decision(primary="accuracy", classes=2)).warnings
    assert warning.startswith("Accuracy decides, and always giving the commonest class is right on 97.0%")
    assert said({"primary": "accuracy", "rows.commonest": 0.6}).warnings == []


def test_scores_that_count_classes_alike_are_warned_of_where_a_class_has_few_rows():
    rare = {f"class {number}": number for number in range(1, 6)}
    (warning,) = said({"slices.rare_classes": rare}).warnings
    assert warning.startswith("Few rows of `class 1` (1), `class 2` (2) and 3 other classes: balanced accuracy rests")
    assert said({"slices.rare_classes": rare, "primary": "accuracy"}).warnings == []


def test_another_metric_that_is_clearly_worse_is_named_unless_the_verdict_says_so_already():
    worse = by_metric({"macro_f1": change(-0.159, 0.0002), "loss": change(0.3, 0.0002), "accuracy": change(-0.1, 0.2)})
    assert said({"difference": worse, "verdict": "not shown"}).warnings == [
        "Clearly worse than tf-idf by macro F1 -0.159 (-0.179 to -0.139), loss +0.300 (+0.280 to +0.320)."
    ]
    assert said({"difference": worse, "verdict": "harmed"}).warnings == []


def test_the_topic_probe_is_one_sentence():
    line = headline.topic_probe(forgetting(), 2)
    assert line.startswith("Topic probe (everyday topics): lost. Error +")
    assert line.endswith("; 0.020 allowed.")


def test_failing_gates_are_named_and_holding_ones_counted():
    gates = [
        Judged(title=title, required="at least 0.9", found=Interval(estimate=0.9, low=0.8, high=1.0), passed=passed)
        for title, passed in (("accuracy", True), ("sensitivity of <a|b>", False))
    ]
    assert headline.gates(gates) == "1 of 2 fails: sensitivity of &lt;a\\|b&gt; at least 0.9."
    assert headline.gates(gates[:1]) == "The gate holds."
    assert headline.gates([]) == ""


def test_a_gain_that_the_tests_do_not_bear_out_is_not_shown_and_said_to_be_so():
    doubtful = against(0.16) | {"better": False}
    answer = said({"verdict": "not shown", "against.frozen encoder": doubtful}).answer
    assert "over frozen encoder. A gain is in the interval, but the tests for few and for skewed clusters" in answer


@pytest.mark.parametrize(
    ("verdict", "gain", "decided", "ends"),
    [
        ("not shown", 0.0, {"margin": 0.2}, "A gain of more than 20.0 points of balanced accuracy is excluded,"),
        ("not shown", -0.05, {}, "A gain is excluded, a loss is not."),
        (
            "no worse",
            0.19,
            {"margin": 0.2},
            "A gain of more than 20.0 points of balanced accuracy is not shown;",
        ),
        (
            "no worse",
            -0.05,
            {"non_inferiority": 0.1},
            "accuracy is excluded, a smaller one is shown.",
        ),
    ],
)
def test_what_the_interval_excludes_is_said_to_be_excluded(verdict, gain, decided, ends):
    closest = against(gain) | {"better": False}
    changes = {"verdict": verdict} | {f"against.{name}": closest for name in metrics().against}
    assert ends in said(changes, Decision(primary="balanced_accuracy", classes=2, **decided)).answer


def test_a_lower_cost_is_called_saved():
    saved = headline.gain("cost", Interval(estimate=0.9, low=0.6, high=1.2), 0.95)
    assert saved == "+0.900 of cost saved (95% CI 0.600 to 1.200)"


def test_of_one_other_class_the_singular_stands():
    (warning,) = said({"slices.rare_classes": {"a": 1, "b": 2, "c": 3}}).warnings
    assert "and 1 other class: balanced accuracy rests" in warning


WITHOUT = {"rows": 988, "published": within(0.86), "gains": {}, "verdict": "not shown"}


def test_rows_with_a_near_twin_are_counted_and_the_score_without_them_is_told_or_that_there_are_none():
    found = said({"leakage": {"suspects": 12, "without": WITHOUT}})
    assert found.leakage == (
        "12 of 1,000 test rows have a near twin in train or validation; without them 86.0% (84.0% to 88.0%), "
        "*not shown*."
    )
    assert said().leakage == "No test row has a near twin in train or validation."
    assert said({"leakage.suspects": 1}).leakage.endswith(
        "1,000 test rows has a near twin in train or validation; the others are too few to score."
    )
    assert said({"split": "validation"}, reading=None).leakage == "No validation row has a near twin in train."


def test_whatever_is_said_at_once_stays_within_200_words():
    changes = {
        "leakage": {"suspects": 12, "without": WITHOUT},
        "verdict": "not shown",
        "against.majority": against(0.01),
        "slices.rare_classes": {f"class-{number}": number for number in range(1, 6)},
        "difference": by_metric({name: change(-0.3, 0.0001) for name in APPLY}),
    }
    gate = Judged(title="positive predictive value of urgent", required="at least 0.9", found=None, passed=False)
    asked = [headline.topic_probe(forgetting(), 2), headline.gates([gate] * 9)]
    words = " ".join([*said(changes, reading=12).sentences, *asked]).split()
    assert len(words) <= 176  # of 200: the others are the title, a label each, and what is not known


def test_costs_and_kappa_are_said_in_their_own_unit():
    assert headline.amount("cost", 0.25) == "0.250 of cost"
    assert headline.amount("accuracy", 0.25) == "25.0 points of accuracy"

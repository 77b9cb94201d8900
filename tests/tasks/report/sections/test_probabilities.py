"""The report's sections on probabilities, on what can be left to the model, and on prediction sets."""

from types import SimpleNamespace
from typing import Any

import pytest

from tasks.report.document import rendered
from tasks.report.sections import probabilities
from tests.results import within
from tests.round_results import SELECTION, metrics, trust

NAMES = ["routine", "ur|gent"]


def said(raw: dict[str, Any], change: dict[str, float]) -> str:
    model = {"raw": raw, "temperature": 1.5, "scaled": trust(), "loss_change": change}
    found = metrics({"calibration": {"baseline": model, "published": model}})
    known = {
        "calibration": probabilities.calibration(found, NAMES),
        "calibration_by_class": probabilities.calibration_by_class(found, NAMES),
        "metrics": found,
        "level": "95%",
        "figure": str,
    }
    return rendered("sections/calibration.md.j2", known)


def test_probabilities_that_fit_on_average_are_said_so():
    written = said(trust(), within(0, 0.01))
    assert "**fine-tuned, seed 11** is as confident as it is right, on average: +0.0 (-2.0 to +2.0) points" in written
    assert "A temperature is not shown to help." in written
    assert "too extreme: a slope" not in written


def test_too_confident_and_too_extreme_probabilities_say_by_how_much_and_what_a_temperature_does():
    written = said(trust(0.07, 0.6, 0.5), within(-0.1, 0.02))
    assert "is overconfident: its mean probability lies +7.0 (+5.0 to +9.0) points above its accuracy." in written
    assert "Its probabilities of `ur\\|gent` are too extreme: a slope below 1." in written
    assert "A temperature of 1.50 takes the log loss from 0.500 to 0.400 (change -0.120 to -0.080 nats)." in written
    assert "| `ur\\|gent` | fine-tuned, seed 11 | 200 | +1.0 (-1.0 to +3.0) | -0.10 (-0.30 to +0.10) |" in written


def test_timid_probabilities_are_said_so():
    assert "is underconfident" in said(trust(-0.07), within(0, 0.01))


def left(changes: dict[str, Any], positive: str | None = None) -> str:
    found = metrics({"selection.published": SELECTION | changes})
    used = SimpleNamespace(evaluation=SimpleNamespace(target_error=0.05))
    known = {"selection": probabilities.selection(found), "params": used, "metrics": found, "figure": str}
    return rendered("sections/selection.md.j2", known | {"positive": positive})


@pytest.mark.parametrize(
    ("error", "met"),
    [
        (within(0.03, 0.01), "3.0% (2.0% to 4.0%) are wrong: target met on test? yes."),
        (within(0.06, 0.02), "inconclusive (upper bound 8.0%)."),
        (within(0.08, 0.01), "target met on test? **no**."),
        (None, "no row is left to it"),
    ],
)
def test_what_is_left_to_the_model_is_judged_on_test(error, met):
    kept = {"threshold": 0.91, "refused": None, "rows": 240, "coverage": within(0.4, 0.1), "error_rate": error}
    written = left(kept)
    assert "**fine-tuned, seed 11**: rows with a probability of 0.9100 or more, 40.0% (30.0% to 50.0%)" in written
    assert met in written


def test_missed_rows_of_the_class_are_told_where_one_is_named():
    kept = {"threshold": 0.91, "refused": None, "coverage": within(0.4), "error_rate": within(0.03)}
    written = left(kept | {"missed_rate": within(0.04)}, "ur|gent")
    assert "Of all rows that are `ur\\|gent`, 4.0% (2.0% to 6.0%) are left to it and missed." in written


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        ("too few groups", "Of 100 clusters set apart on validation about half would be left to it: it takes 59, none"),
        ("too few positives", "40 have a row of the class that must not be missed: it takes 59, none of them missed"),
        ("one class", "It gives all rows one class."),
        ("too many errors", "validation does not show the target"),
        ("too many missed", "misses too many of that class"),
    ],
)
def test_where_nothing_can_be_left_to_a_model_the_reason_stands_there(refused, why):
    written = left({"refused": refused})
    assert "**fine-tuned, seed 11: nothing can be left to it.**" in written
    assert why in written


def test_where_validation_is_too_small_to_set_rows_apart_the_report_says_so_and_counts_none():
    written = left({"refused": "too few groups", "threshold_rows": 0, "threshold_groups": 0})
    assert "Validation has too few clusters to set any apart that choose nothing: of such it takes 59, none" in written
    assert " 0 " not in written and "Several were tried" not in written


def test_prediction_sets_are_shown_for_three_classes_or_more():
    sets = {
        "target": 0.95,
        "least_probability": 0.12,
        "coverage": within(0.96),
        "size": within(1.4, 0.1),
        "singletons": within(0.7),
        "by_class": [{"label": 1, "rows": 30, "coverage": within(0.9)}, {"label": 0, "rows": 0, "coverage": None}],
    }
    found = metrics({"prediction_sets.published": sets})
    known = {"metrics": found, "set_coverage": probabilities.set_coverage(found.prediction_sets.published, NAMES)}
    written = rendered("sections/prediction_sets.md.j2", known)
    assert "| sets that hold the label | 96.0% (94.0% to 98.0%) |" in written
    assert "| `ur\\|gent` | 30 | 90.0% (88.0% to 92.0%) |" in written
    assert "| `routine` | 0 | - |" in written
    assert "none are made" in rendered("sections/prediction_sets.md.j2", {"metrics": metrics(), "set_coverage": []})

"""How many labels each technique needs to keep a gate."""

from dataclasses import replace

import numpy as np
import pytest

from core.decision.gates import Gate
from core.scores.statistics import share, with_interval
from study.curves import gates
from tests.study.curves.of_draws import curves, table

SKILLS = {"a": {"8 a class": 0.6, "16 a class": 0.75, "50%": 0.9, "100%": 0.92}}
ACCURATE = Gate(metric="accuracy", at_least=0.8)


def reached(known, gate):
    (found,) = gates.studied(known, [gate])
    assert found.unmeasured is None
    return found.reached[0]


def test_a_gate_is_reached_from_the_size_whose_interval_keeps_it():
    found = reached(curves(SKILLS), ACCURATE)
    assert (found.size, found.labels, found.lost_again) == ("50%", 100, [])
    assert [each.kept for each in found.sizes] == [False, False, True, True]


def test_a_gate_that_is_lost_again_is_reached_where_it_lasts():
    found = reached(curves({"a": {"8 a class": 0.9, "16 a class": 0.7, "50%": 0.9, "100%": 0.9}}), ACCURATE)
    assert (found.size, found.lost_again) == ("50%", ["8 a class"])
    never = reached(curves({"a": {"8 a class": 0.9, "16 a class": 0.7}}), ACCURATE)
    assert (never.size, never.labels, never.lost_again) == (None, None, ["8 a class"])


def test_an_estimate_above_the_bound_is_not_enough():
    found = reached(curves({"a": {"50%": 0.88}}, rows=100), ACCURATE)
    assert found.sizes[0].found.estimate > 0.8
    assert not found.sizes[0].kept


def test_of_a_loss_the_upper_end_counts():
    found = reached(curves({"a": {"50%": 0.9, "100%": 0.97}}), Gate(metric="loss", at_most=0.3))
    assert [each.kept for each in found.sizes] == [each.found.high <= 0.3 for each in found.sizes]
    assert found.size == "100%"


def test_a_model_that_answers_with_one_class_keeps_nothing():
    known = curves({"a": {"50%": 0.9}})
    constant = np.tile([0.1, 0.9], (400, 1))
    with_one = replace(known, tables={"a": {"50%": {**known.tables["a"]["50%"], 1: constant}}})
    found = reached(with_one, Gate(metric="accuracy", at_least=0.1))
    assert (found.sizes[0].found, found.size) == (None, None)


@pytest.mark.parametrize("metric", gates.OF_CLASS)
def test_a_share_of_a_class_is_that_of_the_rows_it_names(metric):
    known = curves({"a": {}})
    right = np.random.default_rng(0).random(400) < np.where(known.labels == 1, 0.7, 0.9)
    single = replace(known, tables={"a": {"50%": {1: table(known.labels, right)}}})
    called = np.where(right, known.labels, 1 - known.labels)
    among = {
        "sensitivity": known.labels == 1,
        "specificity": known.labels == 0,
        "positive_predictive_value": called == 1,
        "negative_predictive_value": called == 0,
    }[metric]
    found = reached(single, Gate(metric=metric, of_class="urgent", at_least=0.5)).sizes[0].found
    expected = with_interval(share(right[among], known.groups[among]), 0.95)
    assert found.estimate == pytest.approx(right[among].mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.002)


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        (Gate(metric="accuracy", slice={"seen": "no"}, at_least=0.5), "slices"),
        (Gate(metric="topic_probe", at_most=0.02), "topic probe"),
        (Gate(metric="calibration_slope", at_least=0.8), "calibration"),
        (Gate(metric="cost", at_most=1), "does not apply"),
        (Gate(metric="sensitivity", of_class="soon", at_least=0.5), "no class is called soon"),
    ],
)
def test_what_the_study_does_not_measure_it_says(gate, why):
    (found,) = gates.studied(curves(SKILLS), [gate])
    assert why in found.unmeasured
    assert found.reached == []


def test_a_class_gate_without_a_class_is_that_of_the_positive_one_or_not_measured():
    gate, known = Gate(metric="sensitivity", at_least=0.8), curves(SKILLS)
    assert gates.studied(known, [gate])[0].title == "sensitivity of urgent"
    nameless = replace(known, decision=replace(known.decision, positive=None))
    assert "evaluation.positive" in gates.studied(nameless, [gate])[0].unmeasured

"""Techniques against each other, paired by draw and row, and where one overtakes another."""

from dataclasses import replace

import numpy as np
import pytest

from core.decision.decision import Decision
from study.curves import estimates, pairs
from tests.study.curves.of_draws import curves

CROSSING = {
    "plain": {"8 a class": 0.7, "16 a class": 0.72, "50%": 0.74, "100%": 0.76},
    "tuned": {"8 a class": 0.55, "16 a class": 0.66, "50%": 0.86, "100%": 0.92},
}


def test_a_gain_is_the_second_techniques_and_its_interval_is_narrower_than_those_of_the_scores():
    known = curves({"a": {"50%": 0.7}, "b": {"50%": 0.75}}, rows=1000)
    (pair,) = pairs.at_size(known, "50%")
    assert (pair.first, pair.second, pair.draws) == ("a", "b", 5)
    assert pair.gain.estimate == pytest.approx(0.05, abs=0.02)
    score = estimates.at_size(known, "a", "50%").score
    assert pair.gain.high - pair.gain.low < 0.7 * (score.high - score.low)
    assert pair.shown


def test_p_values_are_corrected_for_all_pairs_of_a_size():
    (alone,) = pairs.at_size(curves({"a": {"50%": 0.7}, "b": {"50%": 0.76}}), "50%")
    assert alone.gain.p_holm == alone.gain.p_value
    of_three = pairs.at_size(curves({"a": {"50%": 0.7}, "b": {"50%": 0.76}, "c": {"50%": 0.705}}), "50%")
    assert len(of_three) == 3
    assert sum(pair.gain.p_holm > pair.gain.p_value for pair in of_three) >= 2


def test_of_a_cost_less_is_a_gain():
    known = curves({"a": {"50%": 0.7}, "b": {"50%": 0.8}})
    costs = replace(known, decision=Decision("cost", classes=2, costs=1 - np.eye(2)))
    (pair,) = pairs.at_size(costs, "50%")
    assert pair.gain.low > 0


def test_techniques_without_a_draw_in_common_are_no_pair():
    assert pairs.at_size(curves({"a": {"50%": 0.7}, "b": {"100%": 0.7}}), "50%") == []


def test_a_gain_is_shown_no_more_often_by_chance_than_it_may():
    shown = 0
    for seed in range(60):
        first, second = (curves({"a": {"8 a class": 0.7}}, rows=200, scatter=0.05, seed=2 * seed + n) for n in (0, 1))
        both = replace(first, tables={"a": first.tables["a"], "b": second.tables["a"]})
        (pair,) = pairs.at_size(both, "8 a class")
        shown += pair.shown
    assert shown <= 7  # 3 of 60 are likely


def test_a_technique_overtakes_between_two_sizes_on_the_logarithmic_axis():
    known = curves(CROSSING, rows=2000)
    (crossing,) = pairs.overtakings(known, pairs.at_each_size(known))
    assert (crossing.technique, crossing.other, crossing.shown) == ("tuned", "plain", True)
    assert 32 < crossing.low < crossing.labels < crossing.high < 100
    share = np.log(crossing.labels / 32) / np.log(100 / 32)
    assert share == pytest.approx(0.06 / 0.18, abs=0.1)
    assert crossing.a_class == crossing.labels / 2


def test_a_technique_that_is_better_throughout_overtakes_nobody():
    known = curves({"a": {"8 a class": 0.6, "50%": 0.7}, "b": {"8 a class": 0.7, "50%": 0.8}})
    assert pairs.overtakings(known, pairs.at_each_size(known)) == []


def test_the_last_of_several_crossings_counts_and_none_that_does_not_last():
    labels = np.array([16, 32, 64, 128])
    assert pairs.last_rise(labels, np.array([-1, 1, -1, 1])) == pytest.approx(np.sqrt(64 * 128))
    assert pairs.last_rise(labels, np.array([-1, 1, 1, -1])) is None
    assert pairs.last_rise(labels, np.array([1, 1, 1, 1])) is None


def test_labels_a_class_are_not_told_where_a_draw_has_more_of_one_class():
    known = curves(CROSSING, rows=2000)
    uneven = {**known.drawn, "50%": np.array([20, 80])}
    (crossing,) = pairs.overtakings(replace(known, drawn=uneven), pairs.at_each_size(known))
    assert crossing.a_class is None


def test_augmentation_is_told_as_the_augmented_techniques_gain():
    for order in (("finetuning", "finetuning_augmented"), ("finetuning_augmented", "finetuning")):
        skills = {"finetuning": {"50%": 0.7}, "finetuning_augmented": {"50%": 0.8}}
        known = curves({name: skills[name] for name in order})
        (found,) = pairs.augmentation(pairs.at_each_size(known))
        assert (found.first, found.second) == ("finetuning", "finetuning_augmented")
        assert 0 < found.gain.low < found.gain.estimate < found.gain.high

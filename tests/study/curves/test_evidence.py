"""What a study is measured from: which draws count, and what two of them share."""

from dataclasses import replace

import numpy as np
import pytest

from tests.study.curves.of_draws import curves


def test_draws_of_all_rows_that_learn_the_same_count_once():
    known = curves({"a": {"50%": 0.7, "100%": 0.7}})
    assert list(known.draws("a", "50%")) == [1, 2, 3, 4, 5]
    assert list(known.draws("a", "100%")) == [1]


def test_seeds_on_all_rows_count_each():
    assert len(curves({"a": {"100%": 0.7}}, scatter=0.1).draws("a", "100%")) == 5


def test_two_draws_of_half_the_rows_share_half():
    known = curves({"a": {"50%": 0.7}})
    assert known.overlap("50%") == pytest.approx(0.5)
    assert known.overlap("100%") == 1
    rare = replace(known, drawn={"8 a class": np.array([8, 8])}, pool=np.array([800, 8]))
    assert rare.overlap("8 a class") == pytest.approx((0.08 + 8) / 16)


def test_techniques_are_paired_by_repetition():
    known = curves({"a": {"50%": 0.7}, "b": {"50%": 0.8}})
    of_a = {number: table for number, table in known.tables["a"]["50%"].items() if number != 2}
    lost = replace(known, tables={"a": {"50%": of_a}, "b": known.tables["b"]})
    pairs = lost.shared("a", "b", "50%")
    assert len(pairs) == 4
    assert pairs[1][1] is known.tables["b"]["50%"][3]


def test_one_model_for_all_seeds_stands_beside_each_of_another_technique():
    plain, seeded = curves({"a": {"100%": 0.7}}), curves({"b": {"100%": 0.8}}, scatter=0.1)
    known = replace(plain, tables={"a": plain.tables["a"], "b": seeded.tables["b"]})
    assert len(known.shared("a", "b", "100%")) == 5
    assert len(curves({"a": {"100%": 0.7}, "b": {"100%": 0.8}}).shared("a", "b", "100%")) == 1


def test_sizes_stand_from_the_smallest():
    assert curves({"a": {"50%": 0.7}}).sizes == ["8 a class", "16 a class", "50%", "100%"]

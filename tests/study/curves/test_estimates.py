"""A technique's score at a size: over draws and test rows."""

import numpy as np
import pytest

from study.curves import estimates
from study.curves.evidence import Curves
from tests.study.curves.of_draws import curves, table


def test_the_score_is_the_mean_over_draws():
    found = estimates.at_size(curves({"a": {"8 a class": 0.7}}, scatter=0.05), "a", "8 a class")
    assert found.draws == 5
    assert found.labels == 16
    assert found.score.low < found.score.estimate < found.score.high
    assert found.score.estimate == pytest.approx(0.7, abs=0.1)


def test_draws_that_scatter_widen_the_interval():
    calm, wild = (
        estimates.at_size(curves({"a": {"8 a class": 0.7}}, scatter=scatter), "a", "8 a class") for scatter in (0, 0.1)
    )
    assert wild.score.high - wild.score.low > 1.5 * (calm.score.high - calm.score.low)
    assert wild.scatter > calm.scatter


def test_one_more_draw_lies_in_a_wider_range_than_the_mean():
    found = estimates.at_size(curves({"a": {"8 a class": 0.7}}, scatter=0.05), "a", "8 a class")
    assert found.another.low < found.score.low < found.score.high < found.another.high


def test_of_all_rows_draws_say_nothing_of_other_rows():
    of_seeds = estimates.at_size(curves({"a": {"100%": 0.7}}, scatter=0.05), "a", "100%")
    assert of_seeds.draws == 5
    assert of_seeds.another is None
    same = estimates.at_size(curves({"a": {"100%": 0.7}}), "a", "100%")
    assert (same.draws, same.scatter, same.another) == (1, None, None)
    assert same.score.low < same.score.estimate < same.score.high


def test_a_size_whose_cells_all_failed_has_no_score():
    assert estimates.at_size(curves({"a": {"8 a class": 0.7}}), "a", "16 a class") is None


@pytest.mark.parametrize(("draws", "scatter"), [(5, 0.05), (10, 0.02), (3, 0.1)])
def test_intervals_hold_the_truth_as_often_as_they_say(draws, scatter):
    held = another = 0
    for seed in range(150):
        known = curves({"a": {"8 a class": 0.7}}, rows=300, draws=draws, scatter=scatter, seed=seed)
        found = estimates.at_size(known, "a", "8 a class")
        held += found.score.low <= 0.7 <= found.score.high
        new = 0.7 + scatter * np.random.default_rng(10_000 + seed).normal()
        another += found.another.low <= new <= found.another.high
    assert held >= 0.9 * 150
    assert another >= 0.9 * 150


def test_groups_of_alike_rows_widen_the_interval():
    known = curves({"a": {"8 a class": 0.7}})
    blocks = np.random.default_rng(1).random(40) < 0.7
    alike = {number: table(known.labels, np.repeat(blocks, 10)) for number in (1, 2)}
    single = Curves(**{**vars(known), "tables": {"a": {"8 a class": alike}}})
    grouped = Curves(**{**vars(single), "groups": np.repeat(np.arange(40).astype(str), 10)})
    narrow, wide = (estimates.at_size(each, "a", "8 a class").score for each in (single, grouped))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)

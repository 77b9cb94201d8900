"""Upper bounds of a share, against scipy's exact ones, and against what they promise."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from core.scores.error_bounds import at_most, groups_needed


@pytest.mark.parametrize(("wrong", "rows"), [(0, 59), (1, 93), (7, 200), (30, 30)])
def test_of_rows_that_share_nothing_the_bound_is_scipy_s_exact_one(wrong, rows):
    expected = binomtest(wrong, rows, alternative="less").proportion_ci(0.95, method="exact").high
    assert at_most(np.arange(rows) < wrong, np.arange(rows).astype(str), 0.95) == pytest.approx(expected)


def test_rows_of_a_group_count_as_one_however_many_they_are():
    wrong = np.arange(80) < 3
    expected = binomtest(3, 80, alternative="less").proportion_ci(0.9, method="exact").high
    assert at_most(np.repeat(wrong, 5), np.repeat(np.arange(80), 5).astype(str), 0.9) == pytest.approx(expected)


def test_no_rows_show_nothing():
    assert at_most(np.zeros(0, dtype=bool), np.zeros(0, dtype=str), 0.95) == 1


def test_as_many_groups_as_needed_show_the_target_and_one_fewer_do_not():
    for target, confidence in ((0.05, 0.95), (0.1, 0.95), (0.01, 0.8)):
        needed = groups_needed(target, confidence)
        none = np.zeros(needed, dtype=bool)
        assert (
            at_most(none, np.arange(needed), confidence)
            <= target
            < at_most(none[1:], np.arange(needed - 1), confidence)
        )


@pytest.mark.parametrize(("groups", "rows", "alike"), [(100, 1, 0.0), (70, 4, 0.0), (70, 4, 0.3), (70, 4, 1.0)])
def test_a_share_above_its_bound_is_as_rare_as_promised(groups, rows, alike):
    generator = np.random.default_rng(0)
    member, share, above = np.repeat(np.arange(groups), rows), 0.07, 0
    for _ in range(500):
        together = generator.random(groups * rows) < np.sqrt(alike)
        drawn = np.where(together, generator.random(groups)[member], generator.random(groups * rows))
        above += at_most(drawn < share, member, 0.95) < share
    assert above <= binom.ppf(0.999, 500, 0.05)

"""The sign-flip test, against scipy."""

import numpy as np
import pytest
from scipy.stats import binomtest, permutation_test

from core.scores import sign_flip


@pytest.mark.parametrize(("lost", "gained"), [(1, 6), (120, 85), (0, 9), (5, 5)])
def test_gains_of_one_row_make_it_mcnemars_exact_test(lost, gained):
    gains = np.array([0.0] * 20 + [-1.0] * lost + [1.0] * gained)
    assert sign_flip.p_value(gains) == pytest.approx(binomtest(lost, lost + gained).pvalue)


def test_whole_gains_of_groups_have_the_exact_p_value():
    gains = np.array([5.0, 3, 0, -2, 7, 1, 4, -1])
    exact = permutation_test((gains,), np.sum, permutation_type="samples", n_resamples=np.inf).pvalue
    assert sign_flip.p_value(gains) == pytest.approx(exact)


def test_few_groups_are_flipped_every_way():
    gains = np.array([0.5, 0.31, -0.2, 0.74, 0.11, 0.4, -0.13])
    exact = permutation_test((gains,), np.sum, permutation_type="samples", n_resamples=np.inf).pvalue
    assert sign_flip.p_value(gains) == pytest.approx(exact)


def test_many_groups_are_flipped_often_enough_and_the_same_way_each_time():
    gains = np.random.default_rng(0).normal(0.2, 1, 100)
    drawn = permutation_test((gains,), np.sum, permutation_type="samples", n_resamples=20_000, rng=1).pvalue
    assert sign_flip.p_value(gains) == pytest.approx(drawn, abs=0.01)
    assert sign_flip.p_value(gains) == sign_flip.p_value(gains)


def test_no_gain_shows_nothing():
    assert sign_flip.p_value(np.zeros(30)) == 1


def test_rows_of_a_group_are_one_piece_of_evidence():
    assert sign_flip.p_value(np.array([5.0, 5])) == pytest.approx(2 / 2**2)

"""The spread of a figure over groups, against the jackknife and statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from core.scores import clusters

GENERATOR = np.random.default_rng(0)
GROUPS = GENERATOR.integers(0, 40, 400)
VALUES = GENERATOR.normal(0, 1, 400) + GENERATOR.normal(0, 0.7, 40)[GROUPS]


def of_values(values: np.ndarray) -> clusters.Influence:
    """Return the influence of values on their mean, to which no row is added."""
    return clusters.of_mean(values, 0, 0)._replace(added=0.0)


def test_the_error_of_a_mean_is_the_jackknife_that_leaves_out_groups():
    without = np.array([VALUES[group != GROUPS].mean() for group in range(40)])
    jackknife = np.sqrt(((without - VALUES.mean()) ** 2).sum())
    assert clusters.spread(of_values(VALUES), GROUPS).error == pytest.approx(jackknife)


def test_rows_that_share_a_second_grouping_have_the_variance_of_cameron_gelbach_and_miller():
    second = GENERATOR.integers(0, 30, 400)
    values = VALUES + GENERATOR.normal(0, 1, 30)[second]
    fitted = sm.OLS(values, np.ones(400)).fit()
    expected = np.sqrt(cov_cluster_2groups(fitted, GROUPS, second, use_correction=False)[0][0, 0])
    found = clusters.spread(of_values(values), GROUPS, second)
    assert found.error == pytest.approx(expected, rel=0.05)  # ours as if each group were left out
    assert found.error > 1.2 * clusters.spread(of_values(values), GROUPS).error
    assert found.freedom < 30


def test_a_second_grouping_of_single_rows_changes_nothing():
    alone = clusters.spread(of_values(VALUES), GROUPS)
    assert clusters.spread(of_values(VALUES), GROUPS, np.arange(400)).error == pytest.approx(alone.error)


def test_one_group_says_nothing_of_others():
    assert clusters.spread(of_values(VALUES), np.zeros(400, dtype=int)).error == np.inf


def test_the_more_alike_the_rows_of_a_group_the_larger_is_the_pseudo_group():
    alike = np.repeat([1.0, 1, 0, 1, 0, 1, 1, 1, 0, 1], 10)
    groups = np.repeat(np.arange(10), 10)
    together, apart = (clusters.spread(clusters.of_mean(alike, 1, 0), known) for known in (groups, np.arange(100)))
    assert together.shift == pytest.approx((0.5 - 0.7) / 11)  # as if 11 groups, the last half right
    assert apart.shift == pytest.approx((0.5 - 0.7) / 101)


def test_perfect_rows_are_not_certain():
    assert clusters.spread(clusters.of_mean(np.ones(20), 1, 0), np.arange(20)).error > 0.02


def test_a_difference_is_as_sure_as_its_rows_agree():
    before, after = (clusters.of_mean(values, 0, 0)._replace(added=0.0) for values in (VALUES, VALUES + 1))
    assert clusters.spread_of_difference(before, after, GROUPS).error == pytest.approx(0, abs=1e-12)


def test_what_rounding_leaves_of_rows_that_add_nothing_decides_no_interval():
    groups = np.arange(60) // 3
    answers = clusters.of_mean(np.full(60, 0.5), 1, 0)
    noise = answers._replace(rows=1e-18 * np.random.default_rng(1).normal(size=60))
    assert clusters.spread(noise, groups) == pytest.approx(clusters.spread(answers, groups))

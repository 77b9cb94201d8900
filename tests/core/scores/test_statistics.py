"""Scores and what may be concluded from them, against worked examples, scipy and statsmodels."""

import numpy as np
import pytest
from scipy.stats import binomtest, norm, ttest_ind
from statsmodels.stats.proportion import proportion_confint

from core.scores import statistics


def estimate(middle: float, error: float, freedom: float = 1e9) -> statistics.Estimate:
    return statistics.Estimate(middle, middle, error, freedom)


def test_the_p_value_lies_below_5_percent_where_the_interval_excludes_0():
    for middle in (0.019, 0.02, 0.0227, 0.023, 0.03):
        low, _ = statistics.interval(estimate(middle, 0.01, 9), 0.95)
        assert (statistics.p_value(estimate(middle, 0.01, 9)) < 0.05) == (low > 0)


def test_fewer_degrees_of_freedom_widen_the_interval():
    ends = [statistics.interval(estimate(0, 1, freedom), 0.95)[1] for freedom in (1e9, 9, 2)]
    assert ends == pytest.approx([1.96, 2.262, 4.303], abs=0.001)


def test_an_interval_ends_where_the_figure_cannot_go():
    found = statistics.with_interval(estimate(0.99, 0.1), 0.95, 0, 1)
    assert (found.estimate, found.low, found.high) == (0.99, pytest.approx(0.794, abs=0.001), 1)


def test_the_smallest_gain_is_2_8_standard_errors():
    assert statistics.smallest_gain(estimate(0, 0.01), 0.95) == pytest.approx(0.028, abs=0.0001)


def test_the_error_of_a_mean_counts_groups_not_rows():
    values = np.random.default_rng(0).normal(0, 1, 100)
    alone = statistics.mean(values, np.arange(100))
    assert alone.error == pytest.approx(values.std(ddof=1) / 10)
    twice = statistics.mean(np.repeat(values, 2), np.repeat(np.arange(100), 2))
    assert (twice.error, twice.freedom) == (pytest.approx(alone.error), 99)


def test_figures_of_different_rows_lie_apart_as_by_welchs_test():
    generator = np.random.default_rng(0)
    first, second = generator.normal(0, 1, 30), generator.normal(0.5, 3, 12)
    found = statistics.apart(*(statistics.mean(values, np.arange(len(values))) for values in (first, second)))
    assert found.value == pytest.approx(second.mean() - first.mean())
    assert statistics.p_value(found) == pytest.approx(ttest_ind(first, second, equal_var=False).pvalue)


def test_a_figure_of_one_group_lies_nobody_knows_how_far_from_another():
    one, many = (statistics.share(np.ones(4, dtype=bool), groups) for groups in (np.zeros(4), np.arange(4)))
    found = statistics.with_interval(statistics.apart(one, many), 0.95, -1, 1)
    assert (found.estimate, found.low, found.high) == (0, -1, 1)


def test_one_group_says_nothing_of_others():
    values = np.random.default_rng(0).normal(0, 1, 100)
    assert statistics.mean(values, np.zeros(100, dtype=int)).error == np.inf


def test_the_interval_of_a_share_stays_open_where_all_rows_agree():
    low, high = statistics.interval(statistics.share(np.ones(20, dtype=bool), np.arange(20)), 0.95)
    assert (low, high) == (pytest.approx(binomtest(20, 20).proportion_ci(0.95).low, abs=0.02), 1)


@pytest.mark.parametrize("right", [3, 150, 290])
def test_the_interval_of_a_share_is_wilsons(right):
    found = statistics.interval(statistics.share(np.arange(300) < right, np.arange(300)), 0.95)
    assert found == pytest.approx(proportion_confint(right, 300, method="wilson"), abs=0.004)


def test_a_figure_with_one_bound_has_an_interval_of_its_logarithm():
    low, high = statistics.interval(statistics.Estimate(0.5, 0.5, 0.1, 1e9, least=0), 0.95)
    reach = norm.ppf(0.975) * 0.1 / 0.5
    assert (np.log(low), np.log(high)) == pytest.approx((np.log(0.5) - reach, np.log(0.5) + reach))


def test_holm_multiplies_the_smallest_p_value_most_and_keeps_the_order():
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert statistics.holm([0.6, 0.9]) == [1, 1]
    assert statistics.holm([]) == []


def test_a_long_tail_of_losses_lowers_the_lower_end():
    estimate = statistics.Estimate(1, 1, 0.3, 1e9)
    low, high = statistics.interval(estimate, 0.95)
    assert statistics.skewed_interval(estimate, 0, 0.95) == (low, high)
    assert statistics.skewed_interval(estimate, -0.3, 0.95)[0] < low
    assert statistics.skewed_interval(estimate, 0.3, 0.95)[1] > high


def test_the_skewed_interval_inverts_halls_transformation():
    skewness, reach = -0.3, norm.ppf(0.975)
    low, high = statistics.skewed_interval(statistics.Estimate(1, 1, 0.3, 1e9), skewness, 0.95)
    for end, expected in ((low, reach), (high, -reach)):
        studentized = (1 - end) / 0.3
        cubic = studentized + skewness * studentized**2 / 3 + skewness**2 * studentized**3 / 27 + skewness / 6
        assert cubic == pytest.approx(expected)

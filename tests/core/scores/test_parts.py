"""Two shares of one test set whose clusters have rows of both, against statsmodels' cluster-robust regression."""

import numpy as np
import pytest
import statsmodels.api as sm

from core.scores import parts
from core.scores.statistics import interval

ROWS = 1200
GENERATOR = np.random.default_rng(0)
GROUPS = np.arange(ROWS) // 10
SKILL = np.repeat(GENERATOR.normal(0, 0.25, ROWS // 10), 10)  # of a cluster: rows of both parts share it
HITS = GENERATOR.random(ROWS) < 0.6 + SKILL
INSIDE = np.arange(ROWS) % 3 == 0


def robust_error(groups: np.ndarray) -> float:
    """Return the standard error of the difference of both shares by statsmodels."""
    design = sm.add_constant(INSIDE.astype(float))
    options = {"groups": groups, "use_correction": False}
    return float(sm.OLS(HITS.astype(float), design).fit(cov_type="cluster", cov_kwds=options).bse[1])


def test_the_error_of_a_difference_is_that_of_a_regression_with_robust_errors():
    found = parts.difference(HITS, INSIDE, GROUPS)
    assert found.value == pytest.approx(HITS[INSIDE].mean() - HITS[~INSIDE].mean())
    assert found.error == pytest.approx(robust_error(GROUPS), rel=0.03)
    alone = np.arange(ROWS)
    assert parts.difference(HITS, INSIDE, alone).error == pytest.approx(robust_error(alone), rel=0.02)


def test_the_logarithm_of_a_ratio_is_that_of_a_poisson_regression_with_robust_errors():
    """Zou, American Journal of Epidemiology 159 (2004)."""
    found = parts.log_ratio(HITS, INSIDE, GROUPS)
    design, options = sm.add_constant(INSIDE.astype(float)), {"groups": GROUPS, "use_correction": False}
    fitted = sm.GLM(HITS.astype(float), design, sm.families.Poisson()).fit(cov_type="cluster", cov_kwds=options)
    assert found.value == pytest.approx(fitted.params[1], abs=0.01)
    assert found.error == pytest.approx(fitted.bse[1], rel=0.04)


def test_parts_of_one_cluster_that_rise_together_are_compared_more_surely():
    together, alone = (parts.difference(HITS, INSIDE, groups) for groups in (GROUPS, GROUPS * 2 + INSIDE))
    assert together.error < 0.8 * alone.error


def test_a_second_grouping_that_rows_share_widens_the_interval():
    alone = np.arange(ROWS)
    halves = np.repeat(GENERATOR.choice([0.3, 0.9], ROWS // 10), 10)
    hits, inside = GENERATOR.random(ROWS) < halves, GROUPS % 2 == 0
    errors = [parts.difference(hits, inside, alone, second).error for second in (None, GROUPS)]
    assert errors[1] > 1.5 * errors[0]


def test_parts_without_a_mistake_are_no_certainty():
    found = parts.difference(np.ones(40, dtype=bool), np.arange(40) >= 20, np.arange(40))
    low, high = interval(found, 0.95)
    assert found.value == 0
    assert low < -0.05 < 0.05 < high
    none = parts.log_ratio(np.zeros(40, dtype=bool), np.arange(40) >= 20, np.arange(40))
    assert none.value == 0
    assert none.error > 1


def test_of_one_cluster_nothing_is_known():
    hits, inside = np.arange(10) % 2 == 0, np.arange(10) < 5
    assert parts.difference(hits, inside, np.zeros(10)).error == np.inf

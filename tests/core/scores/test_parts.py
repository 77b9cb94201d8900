"""Two shares of one test set whose clusters have rows of both, against statsmodels' cluster-robust regression."""

import numpy as np
import pytest
import statsmodels.api as sm

from core.scores import parts
from core.scores.statistics import interval, mean, share

ROWS = 1200
GENERATOR = np.random.default_rng(0)
GROUPS = np.arange(ROWS) // 10
SKILL = np.repeat(GENERATOR.normal(0, 0.25, ROWS // 10), 10)  # of a cluster: rows of both parts share it
HITS = GENERATOR.random(ROWS) < 0.6 + SKILL
SECOND = np.arange(ROWS) % 3 == 0


def robust_error(groups: np.ndarray) -> float:
    """Return the standard error of the difference of both shares by statsmodels."""
    design = sm.add_constant(SECOND.astype(float))
    options = {"groups": groups, "use_correction": False}
    return float(sm.OLS(HITS.astype(float), design).fit(cov_type="cluster", cov_kwds=options).bse[1])


def test_the_error_of_a_difference_is_that_of_a_regression_with_robust_errors():
    first, second = (mean(HITS[rows].astype(float), GROUPS[rows]) for rows in (~SECOND, SECOND))
    found = parts.difference(first, second, parts.correlation(HITS, ~SECOND, SECOND, GROUPS))
    clusters = ROWS / 10
    assert found.value == pytest.approx(HITS[SECOND].mean() - HITS[~SECOND].mean())
    assert found.error == pytest.approx(robust_error(GROUPS) * np.sqrt(clusters / (clusters - 1)))


def test_rows_that_are_clusters_of_their_own_do_not_vary_together():
    alone = np.arange(ROWS)
    assert parts.correlation(HITS, ~SECOND, SECOND, alone) == 0
    assert parts.shares_apart(HITS, ~SECOND, SECOND, alone).error == pytest.approx(robust_error(alone), rel=0.02)


def test_parts_of_one_cluster_that_rise_together_are_compared_more_surely():
    together, alone = (parts.shares_apart(HITS, ~SECOND, SECOND, groups) for groups in (GROUPS, GROUPS * 2 + SECOND))
    assert together.error < 0.8 * alone.error


def test_parts_without_a_mistake_are_no_certainty():
    found = parts.shares_apart(np.ones(40, dtype=bool), np.arange(40) < 20, np.arange(40) >= 20, np.arange(40))
    low, high = interval(found, 0.95)
    assert found.value == 0
    assert low < -0.05 < 0.05 < high


def test_of_one_cluster_nothing_is_known():
    hits, first = np.arange(10) % 2 == 0, np.arange(10) < 5
    found = parts.shares_apart(hits, first, ~first, np.zeros(10))
    assert found.error == np.inf
    assert share(hits, np.zeros(10)).error == np.inf

"""How well scores rank rows, against scikit-learn and pair by pair."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from core.decision import ranking


@pytest.mark.parametrize("decimals", [1, 9])
def test_ranking_agrees_with_scikit_learn_with_ties_and_without(decimals):
    generator = np.random.default_rng(0)
    positive, scores = generator.random(200) < 0.1, generator.random(200).round(decimals)
    assert ranking.roc_auc(positive, scores) == pytest.approx(roc_auc_score(positive, scores))
    assert ranking.average_precision(positive, scores) == pytest.approx(average_precision_score(positive, scores))


def test_a_placement_is_the_share_of_the_other_kind_that_a_row_is_ranked_right_against():
    positive, scores = np.array([True, True, False, False]), np.array([0.9, 0.4, 0.4, 0.1])
    assert ranking.placements(positive, scores).tolist() == [1, 0.75, 0.75, 1]


def test_a_class_without_rows_has_no_ranking():
    none, scores = np.zeros(3, dtype=bool), np.arange(3.0)
    assert math.isnan(ranking.roc_auc(none, scores))
    assert math.isnan(ranking.roc_auc(~none, scores))
    assert math.isnan(ranking.average_precision(none, scores))

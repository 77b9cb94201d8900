"""The metrics: each against scikit-learn, and each with all that the reports say of it."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss

from core.scores import tallied as scoring
from core.scores.tallied import METRICS, ByMetric

GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 3, 60)
PROBABILITIES = GENERATOR.dirichlet([1, 1, 1], 60)


def test_scores_agree_with_scikit_learn():
    found = scoring.scores(LABELS, PROBABILITIES)
    predicted = PROBABILITIES.argmax(1)
    assert found["accuracy"] == pytest.approx((predicted == LABELS).mean())
    assert found["macro_f1"] == pytest.approx(f1_score(LABELS, predicted, average="macro"))
    assert found["loss"] == pytest.approx(log_loss(LABELS, PROBABILITIES))


def test_a_class_that_never_occurs_does_not_lower_macro_f1():
    probabilities = np.eye(3)[[0, 1, 1]]
    assert scoring.scores(np.array([0, 1, 1]), probabilities)["macro_f1"] == 1


def test_a_certain_mistake_has_a_finite_loss():
    assert np.isfinite(scoring.scores(np.array([0]), np.array([[0.0, 1.0]]))["loss"])


def test_a_weighted_sum_of_tallies_gives_the_scores_of_the_rows_repeated():
    tallies, weights = scoring.tallies(LABELS, PROBABILITIES), np.arange(60) % 3
    repeated = scoring.scores(LABELS.repeat(weights), PROBABILITIES.repeat(weights, axis=0))
    weighted = scoring.scores_of_tallies(weights @ tallies)
    assert {name: weighted[name] for name in METRICS} == pytest.approx(repeated)
    assert weighted["rows"] == weights.sum()


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_described_and_lies_within_its_bounds_at_its_best_and_its_worst(name):
    assert ByMetric.model_fields[name].description
    right, wrong = (scoring.scores(LABELS, np.eye(3)[(LABELS + shift) % 3])[name] for shift in (0, 1))
    assert 0 <= min(right, wrong) < max(right, wrong) <= METRICS[name].most
    assert (right > wrong) == METRICS[name].higher_is_better

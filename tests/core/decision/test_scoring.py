"""The metrics: each against scikit-learn, and each with all that the reports say of it."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics
from sklearn.preprocessing import label_binarize

from core.decision import scoring
from core.decision.decision import Decision
from core.decision.scoring import METRICS, ByMetric

GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 3, 90)
PROBABILITIES = GENERATOR.dirichlet([1, 1, 1], 90).round(2) + 1e-9  # rounded, so that some are equal
PROBABILITIES /= PROBABILITIES.sum(1, keepdims=True)
COSTS = np.array([[0.0, 1, 2], [3, 0, 1], [10, 5, 0]])
THREE = Decision("balanced_accuracy", classes=3, costs=COSTS, ordinal=True)


def reference(labels: np.ndarray, table: np.ndarray) -> dict[str, float]:
    """Return the metrics of three classes as scikit-learn has them."""
    predicted, one_hot = table.argmax(1), label_binarize(labels, classes=range(3))
    return {
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted),
        "accuracy": metrics.accuracy_score(labels, predicted),
        "macro_f1": metrics.f1_score(labels, predicted, average="macro"),
        "roc_auc": metrics.roc_auc_score(labels, table, multi_class="ovr", average="macro"),
        "average_precision": metrics.average_precision_score(one_hot, table, average="macro"),
        "weighted_kappa": metrics.cohen_kappa_score(labels, predicted, weights="quadratic"),
        "cost": (metrics.confusion_matrix(labels, predicted) * COSTS).sum() / len(labels),
        "loss": metrics.log_loss(labels, table),
    }


def test_scores_agree_with_scikit_learn():
    found = scoring.scores(LABELS, PROBABILITIES, THREE).model_dump()
    assert found == pytest.approx(reference(LABELS, PROBABILITIES))
    assert list(found) == list(METRICS)


@pytest.mark.parametrize("positive", [0, 1, None])
def test_of_two_classes_the_positive_one_is_ranked_and_the_last_where_none_is_named(positive):
    labels, scores = LABELS % 2, PROBABILITIES[:, 0]
    decision = Decision("roc_auc", classes=2, positive=positive)
    table, target = np.column_stack([1 - scores, scores]), 1 if positive is None else positive
    found = scoring.scores(labels, table, decision)
    assert found.roc_auc == pytest.approx(metrics.roc_auc_score(labels == target, table[:, target]))
    precision = metrics.average_precision_score(labels == target, table[:, target])
    assert found.average_precision == pytest.approx(precision)


def test_a_metric_that_does_not_apply_is_null():
    found = scoring.scores(LABELS, PROBABILITIES, Decision("accuracy", classes=3)).model_dump()
    assert [name for name, value in found.items() if value is None] == ["weighted_kappa", "cost"]


def test_a_cost_without_costs_is_refused():
    with pytest.raises(ValueError, match="no costs"):
        scoring.score("cost", LABELS, PROBABILITIES, Decision("cost", classes=3))


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_a_class_without_rows_does_not_count():
    labels, predicted = LABELS % 2, PROBABILITIES.argmax(1)
    found = scoring.scores(labels, PROBABILITIES, THREE)
    assert found.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(labels, predicted))
    assert found.macro_f1 == pytest.approx(metrics.f1_score(labels, predicted, average="macro"))
    one_hot = label_binarize(labels, classes=range(3))[:, :2]
    assert found.roc_auc == pytest.approx(metrics.roc_auc_score(one_hot, PROBABILITIES[:, :2], average="macro"))
    precision = metrics.average_precision_score(one_hot, PROBABILITIES[:, :2], average="macro")
    assert found.average_precision == pytest.approx(precision)


def test_rows_of_one_class_define_no_ranking_and_no_agreement():
    found = scoring.scores(np.zeros(4, dtype=int), np.eye(3)[[0, 0, 0, 0]], THREE)
    assert (found.roc_auc, found.weighted_kappa, found.accuracy) == (None, None, 1)
    assert math.isnan(scoring.score("roc_auc", np.zeros(4, dtype=int), np.eye(3)[[0, 0, 0, 0]], THREE))


def test_a_certain_mistake_has_a_finite_loss():
    assert np.isfinite(scoring.score("loss", np.array([0]), np.array([[0.0, 1.0]]), THREE))


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_described_and_lies_within_its_bounds_at_its_best_and_its_worst(name):
    assert ByMetric.model_fields[name].description
    right, wrong = (scoring.score(name, LABELS, np.eye(3)[(LABELS + shift) % 3], THREE) for shift in (0, 1))
    metric = METRICS[name]
    assert metric.least <= min(right, wrong) < max(right, wrong) <= metric.most
    assert (right > wrong) == metric.higher_is_better
    assert metric.gain(wrong, right) == -metric.gain(right, wrong) > 0


def test_who_chooses_by_a_metric_loads_neither_scipy_nor_scikit_learn():
    code = "import sys; import core.decision.scoring; sys.exit('scipy' in sys.modules or 'sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True)

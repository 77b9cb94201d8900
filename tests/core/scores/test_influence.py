"""What each row adds to each metric, against scikit-learn's score without that row."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.preprocessing import label_binarize

from core.decision.decision import Decision
from core.decision.scoring import METRICS
from core.scores import influence

ROWS = 400
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 3, ROWS)
TABLE = GENERATOR.dirichlet([1, 1, 1], ROWS) + 0.5 * np.eye(3)[LABELS]
TABLE /= TABLE.sum(1, keepdims=True)
COSTS = np.array([[0.0, 1, 2], [3, 0, 1], [10, 5, 0]])
THREE = Decision("balanced_accuracy", classes=3, costs=COSTS, ordinal=True)


def reference(metric: str, labels: np.ndarray, table: np.ndarray) -> float:
    """Return a metric of three classes as scikit-learn has it."""
    predicted = table.argmax(1)
    known = {
        "balanced_accuracy": lambda: metrics.balanced_accuracy_score(labels, predicted),
        "accuracy": lambda: metrics.accuracy_score(labels, predicted),
        "macro_f1": lambda: metrics.f1_score(labels, predicted, average="macro"),
        "roc_auc": lambda: metrics.roc_auc_score(labels, table, multi_class="ovr"),
        "average_precision": lambda: metrics.average_precision_score(label_binarize(labels, classes=range(3)), table),
        "weighted_kappa": lambda: metrics.cohen_kappa_score(labels, predicted, weights="quadratic"),
        "cost": lambda: COSTS[labels, predicted].mean(),
        "loss": lambda: metrics.log_loss(labels, table),
    }
    return float(known[metric]())


def test_each_metric_has_an_influence():
    assert influence.INFLUENCES.keys() == METRICS.keys()


@pytest.mark.parametrize("metric", METRICS)
def test_a_row_adds_what_the_score_lacks_without_it(metric):
    found = influence.of_metric(metric, LABELS, TABLE, THREE)
    score = reference(metric, LABELS, TABLE)
    assert found.value == pytest.approx(score)
    assert found.rows.sum() == pytest.approx(0, abs=1e-9)
    kept = ~np.eye(ROWS, dtype=bool)
    without = np.array([score - reference(metric, LABELS[rows], TABLE[rows]) for rows in kept[:60]])
    assert np.corrcoef(found.rows[:60], without)[0, 1] > 0.999
    assert found.rows[:60].std() == pytest.approx(without.std(), rel=0.02)


@pytest.mark.parametrize("metric", ["balanced_accuracy", "accuracy", "macro_f1", "weighted_kappa"])
def test_one_more_row_of_a_class_adds_what_the_score_gains_by_it(metric):
    found = influence.of_metric(metric, LABELS, TABLE, THREE)
    of_class = len(found.right) > 1
    for label in range(3):
        gained = [
            reference(metric, np.append(LABELS, label), np.vstack([TABLE, np.eye(3)[predicted]])) - found.value
            for predicted in range(3)
        ]
        right, wrong = gained[label], np.mean(np.delete(gained, label))
        expected = found.right[label if of_class else 0], found.wrong[label if of_class else 0]
        assert (right, wrong) == (pytest.approx(expected[0], rel=0.05), pytest.approx(expected[1], rel=0.05))


def test_what_rows_do_not_define_has_no_score():
    labels = np.zeros(4, dtype=int)
    for metric in ("roc_auc", "weighted_kappa"):
        assert np.isnan(influence.of_metric(metric, labels, np.eye(3)[labels], THREE).value)


def test_macro_f1_of_few_rows_is_too_low_on_average_by_what_its_bias_says():
    generator, drawn = np.random.default_rng(1), []
    for _ in range(3000):
        labels = generator.integers(0, 3, 30)
        predicted = np.where(generator.random(30) < 0.7, labels, generator.integers(0, 3, 30))
        found = influence.of_metric("macro_f1", labels, np.eye(3)[predicted], THREE)
        drawn.append((metrics.f1_score(labels, predicted, average="macro", zero_division=0), found.bias))
    mean, bias = np.mean(drawn, axis=0)
    assert mean - 0.8 == pytest.approx(bias, abs=0.002)  # 0.7 + 0.3 / 3 of each class are right
    assert bias < -0.005

"""The class that must not be missed, against scikit-learn, scipy and statsmodels."""

import json
import warnings

import numpy as np
import pytest
from scipy.stats import beta
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)
from statsmodels.stats.proportion import proportion_confint

from core.decision.decision import Decision
from core.scores import positive_class

ROWS = 3000
GENERATOR = np.random.default_rng(0)
NAMES = ["routine", "urgent"]
DECISION = Decision("balanced_accuracy", classes=2, positive=1)


def drawn(prevalence: float, skill: float) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, and probabilities that tell the classes apart the better, the higher the skill."""
    labels = (GENERATOR.random(ROWS) < prevalence).astype(np.int64)
    odds = np.exp(skill * (labels - 0.5) + GENERATOR.normal(0, 1, ROWS))
    return labels, np.stack([1 / (1 + odds), odds / (1 + odds)], 1)


VALIDATION, TEST = drawn(0.2, 2.5), drawn(0.2, 2.5)
ALONE = np.arange(ROWS)
LABELS = {"validation": VALIDATION[0], "test": TEST[0]}
SPLITS = {"validation": VALIDATION[1], "test": TEST[1]}


def called(hits: int, of_class: int, called_off: int, others: int) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and probabilities of a model with so many hits among the class, the last one, and the others."""
    labels = np.repeat([1, 0], [of_class, others])
    of_each = [np.arange(of_class) < hits, np.arange(others) >= called_off]
    urgent = np.where(np.concatenate(of_each), 0.8, 0.2)
    return labels, np.stack([1 - urgent, urgent], 1)


def found(labels: np.ndarray, table: np.ndarray, **asked: object) -> positive_class.PositiveClass:
    """Return what is said of a model that predicts the same on validation and test."""
    both = [dict.fromkeys(("validation", "test"), of) for of in (labels, table)]
    known = {"prevalences": [], "specificity": None} | asked
    return positive_class.positive_class(NAMES, *both, np.arange(len(labels)), DECISION, **known)


def test_every_figure_of_a_class_is_that_of_scikit_learn():
    labels, table = TEST
    said, predicted = positive_class.class_scores(NAMES, labels, table, ALONE, DECISION), table.argmax(1)
    others, alarms, missed, hits = confusion_matrix(labels, predicted).ravel()
    assert (said.name, said.rows, said.called, said.missed) == ("urgent", missed + hits, alarms + hits, missed)
    assert said.prevalence.estimate == pytest.approx(labels.mean())
    assert said.sensitivity.estimate == pytest.approx(recall_score(labels, predicted))
    assert said.specificity.estimate == pytest.approx(recall_score(labels, predicted, pos_label=0))
    assert said.positive_predictive_value.estimate == pytest.approx(precision_score(labels, predicted))
    assert said.negative_predictive_value.estimate == pytest.approx(precision_score(labels, predicted, pos_label=0))
    assert said.missed_per_1000.estimate == pytest.approx(1000 * missed / ROWS)
    assert said.false_alarms_per_1000.estimate == pytest.approx(1000 * alarms / ROWS)
    assert said.roc_auc.estimate == pytest.approx(roc_auc_score(labels, table[:, 1]))
    assert said.average_precision.estimate == pytest.approx(average_precision_score(labels, table[:, 1]))


def test_intervals_of_shares_are_those_of_statsmodels():
    said = positive_class.class_scores(NAMES, *TEST, ALONE, DECISION)
    others, alarms, missed, hits = confusion_matrix(TEST[0], TEST[1].argmax(1)).ravel()
    for value, count, rows in [
        (said.prevalence, missed + hits, ROWS),
        (said.sensitivity, hits, hits + missed),
        (said.specificity, others, others + alarms),
        (said.positive_predictive_value, hits, hits + alarms),
        (said.negative_predictive_value, others, others + missed),
    ]:
        ends = proportion_confint(count, rows, method="agresti_coull")
        assert (value.low, value.high) == pytest.approx(ends, abs=0.003)
    ends = np.multiply(proportion_confint(missed, ROWS, method="agresti_coull"), 1000)
    assert (said.missed_per_1000.low, said.missed_per_1000.high) == pytest.approx(ends, abs=0.5)


def test_of_a_rare_class_the_rows_missed_and_the_worth_of_a_call_are_told():
    """3% of the rows, sensitivity 0.79, specificity 0.93: of 1,000 rows 6.3 are missed, and 3 in 4 calls are false."""
    said = found(*called(237, 300, 9021, 9700), prevalences=[0.03, 0.2])
    assert (said.rows, said.missed) == (300, 63)
    assert said.sensitivity.estimate == pytest.approx(0.79)
    assert said.specificity.estimate == pytest.approx(0.93)
    assert said.missed_per_1000.estimate == pytest.approx(6.3)
    assert said.positive_predictive_value.estimate == pytest.approx(237 / 916)
    as_it_is, frequent = said.at_prevalences
    assert as_it_is.positive_predictive_value.estimate == pytest.approx(237 / 916)
    assert frequent.positive_predictive_value.estimate == pytest.approx(0.79 * 0.2 / (0.79 * 0.2 + 0.07 * 0.8))
    assert frequent.missed_per_1000.estimate == pytest.approx(42)


def test_of_few_urgent_rows_the_sensitivity_is_known_as_far_as_an_exact_interval_says():
    """Urgent and held-out: 20 of 34, recall 0.59."""
    said = found(*called(20, 34, 300, 320)).sensitivity
    exact = beta.ppf([0.025, 0.975], [20, 21], [15, 14])
    assert said.estimate == pytest.approx(0.588, abs=0.001)
    assert (said.low, said.high) == pytest.approx(exact, abs=0.025)


def test_a_constant_model_misses_all_and_calls_nothing_without_a_warning():
    labels = called(0, 30, 970, 970)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = found(labels, np.tile([0.97, 0.03], (1000, 1)), prevalences=[0.1], specificity=0.9)
    assert (said.called, said.missed, said.sensitivity.estimate, said.specificity.estimate) == (0, 30, 0, 1)
    assert said.positive_predictive_value is None
    assert said.negative_predictive_value.estimate == 0.97
    assert said.missed_per_1000.estimate == 30
    assert (said.roc_auc.estimate, said.average_precision.estimate) == (0.5, pytest.approx(0.03))
    assert said.at_prevalences[0].positive_predictive_value is None
    assert said.at_specificity.threshold is None
    json.dumps(said.model_dump(), allow_nan=False)


def test_a_model_that_calls_every_row_has_no_negative_predictive_value():
    said = found(*called(30, 30, 0, 970))
    assert (said.missed, said.negative_predictive_value) == (0, None)
    assert said.positive_predictive_value.estimate == 0.03


def test_clusters_widen_every_interval():
    labels, table = called(150, 300, 500, 700)
    alone, together = (
        positive_class.class_scores(NAMES, labels, table, np.arange(1000) // size, DECISION) for size in (1, 10)
    )
    for field in ("sensitivity", "specificity", "positive_predictive_value", "missed_per_1000", "roc_auc"):
        widths = [getattr(said, field).high - getattr(said, field).low for said in (alone, together)]
        assert widths[1] > 2 * widths[0], field


@pytest.mark.parametrize("required", [0.8, 0.95])
def test_the_threshold_of_a_required_specificity_is_chosen_on_validation(required):
    said = positive_class.positive_class(NAMES, LABELS, SPLITS, ALONE, DECISION, [], required).at_specificity
    urgent = SPLITS["validation"][:, 1]
    specific = [(urgent[LABELS["validation"] == 0] < tried).mean() >= required for tried in sorted(urgent)]
    assert said.threshold == sorted(urgent)[specific.index(True)]
    reached = SPLITS["test"][:, 1] >= said.threshold
    assert said.sensitivity.estimate == pytest.approx(recall_score(LABELS["test"], reached))
    assert said.specificity.estimate == pytest.approx(recall_score(LABELS["test"], reached, pos_label=0))
    assert said.specificity.estimate != required
    missed = confusion_matrix(LABELS["test"], reached)[1, 0]
    assert said.missed_per_1000.estimate == pytest.approx(1000 * missed / ROWS)


def test_each_class_of_three_is_held_against_the_rest():
    labels = np.arange(300) % 3
    table = np.random.default_rng(0).dirichlet([1, 1, 1], 300) + 0.3 * np.eye(3)[labels]
    table /= table.sum(1, keepdims=True)
    decision = Decision("balanced_accuracy", classes=3)
    said = positive_class.each_class(["a", "b", "c"], labels, table, np.arange(300), decision)
    assert [one.name for one in said] == ["a", "b", "c"]
    recalls = recall_score(labels, table.argmax(1), average=None)
    assert [one.sensitivity.estimate for one in said] == pytest.approx(recalls)
    for number, one in enumerate(said):
        assert one.roc_auc.estimate == pytest.approx(roc_auc_score(labels == number, table[:, number]))


def test_the_points_of_both_curves_are_those_of_scikit_learn():
    points = positive_class.roc(*TEST, 1)
    assert np.trapezoid(points[:, 1], points[:, 0]) == pytest.approx(roc_auc_score(TEST[0], TEST[1][:, 1]))
    assert pytest.approx(np.stack(roc_curve(TEST[0], TEST[1][:, 1])[:2])) == points.T
    recall, precision = positive_class.precision_recall(*TEST, 1).T
    area = -np.sum(np.diff(recall) * precision[:-1])
    assert area == pytest.approx(average_precision_score(TEST[0], TEST[1][:, 1]))

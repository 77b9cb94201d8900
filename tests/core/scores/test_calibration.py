"""Calibration: models of which it is known how true their probabilities are."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import brier_score_loss

from core.data.threshold_rows import threshold_rows
from core.decision.decision import Decision
from core.decision.scoring import log_loss
from core.scores import calibration

ROWS = 4000
LOGITS = np.random.default_rng(0).normal(0, 1.5, (ROWS, 3))


def softmax(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits)
    return odds / odds.sum(1, keepdims=True)


TRUE = softmax(LOGITS)
DRAWN = np.random.default_rng(1).random((ROWS, 1))
LABELS = (TRUE.cumsum(1) < DRAWN).sum(1)
SURE = softmax(2.5 * LOGITS)  # the same ranking, far too sure
GROUPS = np.arange(ROWS)


def test_bins_hold_equally_many_rows_and_equal_confidences_stay_together():
    assert list(calibration.reliability(LABELS, TRUE)[:, 2]) == [ROWS / 10] * 10
    constant = np.tile([0.5, 0.3, 0.2], (ROWS, 1))
    assert calibration.reliability(LABELS, constant).tolist() == [
        [pytest.approx(0.5), pytest.approx((LABELS == 0).mean()), ROWS]
    ]


def test_the_calibration_error_of_one_bin_is_its_gap():
    labels, probabilities = np.array([0, 0, 0, 1]), np.tile([0.9, 0.1], (4, 1))
    assert calibration.calibration_error(labels, probabilities) == pytest.approx(0.15)


def test_true_probabilities_err_no_more_than_chance_and_sure_ones_do():
    for probabilities, by_chance in ((TRUE, True), (SURE, False)):
        error = calibration.calibration_error(LABELS, probabilities)
        assert (error <= calibration.error_by_chance(probabilities, GROUPS, 0.95, 0)) == by_chance


def test_true_probabilities_are_taken_for_untrue_in_5_of_100_test_sets():
    generator, table = np.random.default_rng(2), TRUE[:500]
    bound = calibration.error_by_chance(table, GROUPS[:500], 0.95, 0)
    drawn = [(generator.random((500, 1)) > table.cumsum(1)).sum(1) for _ in range(1000)]
    above = sum(calibration.calibration_error(labels, table) > bound for labels in drawn)
    assert 25 <= above <= 75


def test_groups_leave_more_to_chance():
    by_row, by_group = (calibration.error_by_chance(TRUE, groups, 0.95, 0) for groups in (GROUPS, GROUPS // 20))
    assert by_group > 1.5 * by_row


def test_brier_agrees_with_scikit_learn():
    expected = brier_score_loss(LABELS, TRUE, labels=[0, 1, 2], scale_by_half=False)
    assert calibration.brier(LABELS, TRUE) == pytest.approx(expected)


class Given(ClassifierMixin, BaseEstimator):
    """A classifier whose rows are its probabilities, for scikit-learn to calibrate."""

    classes_ = np.arange(3)

    def fit(self, rows, labels):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, rows):
        return rows.argmax(1)

    def predict_proba(self, rows):
        return rows


@pytest.mark.parametrize("probabilities", [TRUE, SURE], ids=["true", "sure"])
def test_the_temperature_agrees_with_scikit_learn(probabilities):
    theirs = CalibratedClassifierCV(FrozenEstimator(Given()), method="temperature", ensemble=False)
    expected = theirs.fit(probabilities, LABELS).predict_proba(probabilities)
    fitted = calibration.temperature(LABELS, probabilities)
    assert calibration.tempered(probabilities, fitted) == pytest.approx(expected, abs=1e-5)


def test_the_temperature_undoes_too_much_confidence():
    assert calibration.temperature(LABELS, SURE) == pytest.approx(2.5, rel=0.05)
    assert calibration.tempered(SURE, 2.5) == pytest.approx(TRUE)


def test_a_certain_mistake_does_not_break_the_temperature():
    probabilities = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    fitted = calibration.temperature(np.array([0, 1, 1]), probabilities)
    assert np.isfinite(calibration.tempered(probabilities, fitted)).all()


def found(validation: np.ndarray, test: np.ndarray, known: np.ndarray = LABELS) -> calibration.Calibration:
    labels, splits = {"validation": known, "test": LABELS}, {"validation": validation, "test": test}
    groups = {"validation": GROUPS.astype(str), "test": GROUPS.astype(str)}
    return calibration.calibration(labels, splits, groups, Decision("accuracy", 3), 0)


def test_the_temperature_is_fitted_on_validation_and_judged_on_test():
    of_model = found(SURE, TRUE)
    assert of_model.temperature == pytest.approx(2.5, rel=0.05)
    assert of_model.raw.loss == pytest.approx(log_loss(LABELS, TRUE).mean())
    assert of_model.loss_change.low > 0
    assert of_model.scaled.overconfidence.high < 0  # made less confident than it should be


def test_rows_set_apart_for_thresholds_have_no_part_in_the_temperature():
    apart = threshold_rows(GROUPS.astype(str), LABELS)
    assert apart.any()
    sure_of_them = np.where(apart[:, None], SURE, TRUE)
    of_others = calibration.temperature(LABELS[~apart], TRUE[~apart])
    assert found(sure_of_them, TRUE).temperature == of_others


def test_each_of_three_classes_is_held_against_the_rest_before_and_after_the_temperature():
    of_model = found(SURE, SURE)
    assert [each.label for each in of_model.raw.by_class] == [0, 1, 2]
    assert all(each.slope.high < 0.7 for each in of_model.raw.by_class)
    assert all(each.slope.low < 1 < each.slope.high for each in of_model.scaled.by_class)


def test_of_two_classes_the_positive_one_speaks_for_both():
    labels, table = (LABELS == 0).astype(int), np.column_stack([1 - TRUE[:, 0], TRUE[:, 0]])
    both, groups = {"validation": labels, "test": labels}, {"validation": GROUPS, "test": GROUPS}
    for positive, spoken in ((None, 1), (0, 0)):
        decision = Decision("accuracy", 2, positive=positive)
        of_model = calibration.calibration(both, {"validation": table, "test": table}, groups, decision, 0)
        assert [each.label for each in of_model.raw.by_class] == [spoken]

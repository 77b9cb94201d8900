"""Calibration: models of which it is known how true their probabilities are."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

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
    for probabilities, calibrated in ((TRUE, True), (SURE, False)):
        error = calibration.calibration_error(LABELS, probabilities)
        assert (error <= calibration.error_by_chance(probabilities, GROUPS, 0.95, 0)) == calibrated


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


def test_the_temperature_undoes_too_much_confidence():
    assert calibration.temperature(LABELS, SURE) == pytest.approx(2.5, rel=0.05)
    assert calibration.temperature(LABELS, TRUE) == pytest.approx(1, rel=0.05)
    assert calibration.tempered(SURE, 2.5) == pytest.approx(TRUE)


def test_a_certain_mistake_does_not_break_the_temperature():
    probabilities = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    fitted = calibration.temperature(np.array([0, 1, 1]), probabilities)
    assert np.isfinite(calibration.tempered(probabilities, fitted)).all()


def test_the_temperature_is_fitted_on_validation_and_judged_on_test():
    splits, labels = {"validation": SURE, "test": TRUE}, {"validation": LABELS, "test": LABELS}
    found = calibration.calibration(labels, splits, GROUPS, 0.95, 0)
    assert found.temperature == pytest.approx(2.5, rel=0.05)
    assert found.raw.calibrated and not found.scaled.calibrated
    assert found.raw.loss == pytest.approx(log_loss(LABELS, TRUE).mean())
    assert found.loss_change.low > 0
    assert found.scaled.overconfidence.high < 0  # made less confident than it should be

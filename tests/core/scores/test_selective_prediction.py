"""Selective prediction: the threshold of validation, and what it does on test."""

import numpy as np
import pytest

from core.scores import selective_prediction

ROWS = 1000


def model(errors: int, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, and probabilities that are sure of all rows in falling order, the last `errors` rows wrong."""
    confidence = np.linspace(0.99, 0.6, rows)
    labels = (np.arange(rows) >= rows - errors).astype(int)
    return labels, np.stack([confidence, 1 - confidence], 1)


def test_risk_grows_with_coverage_row_by_row():
    labels = np.array([0, 1, 0])
    probabilities = np.array([[0.8, 0.2], [0.9, 0.1], [0.6, 0.4]])
    found = selective_prediction.risk_by_coverage(labels, probabilities)
    assert found == pytest.approx(np.array([[1 / 3, 1], [2 / 3, 1 / 2], [1, 1 / 3]]))


def test_rows_of_one_confidence_are_kept_together():
    found = selective_prediction.risk_by_coverage(np.array([0, 0, 1, 1]), np.tile([0.7, 0.3], (4, 1)))
    assert found.tolist() == [[1, 0.5]]


@pytest.mark.parametrize(("errors", "coverage"), [(0, 1.0), (200, 0.8), (600, None)])
def test_the_threshold_goes_down_as_far_as_the_target_is_shown(errors, coverage):
    labels, probabilities = model(errors)
    found = selective_prediction.threshold(labels, probabilities, np.arange(ROWS), 0.05, 0.95)
    assert (None if found is None else (probabilities[:, 0] >= found).mean()) == coverage


def test_few_rows_show_nothing_though_none_is_wrong():
    labels, probabilities = model(0, rows=30)
    assert selective_prediction.threshold(labels, probabilities, np.arange(30), 0.05, 0.95) is None


def test_the_target_is_broken_by_at_most_5_of_100_thresholds():
    generator, broken = np.random.default_rng(0), 0
    for _ in range(500):
        confidence = generator.uniform(0.8, 1, 400)
        labels = (generator.random(400) > confidence).astype(int)
        found = selective_prediction.threshold(
            labels, np.stack([confidence, 1 - confidence], 1), np.arange(400), 0.07, 0.95
        )
        broken += found is not None and (1 - found) / 2 > 0.07  # the error rate of rows at least so sure
    assert 0 < broken <= 30


def test_what_test_says_is_counted_there():
    labels, probabilities = model(200)
    wrong = 1 - labels
    splits = {"validation": probabilities, "test": probabilities}
    groups = {split: np.arange(ROWS) for split in splits}
    found = selective_prediction.selection({"validation": labels, "test": wrong}, splits, groups, 0.05, 0.95)
    assert found.rows == 800
    assert found.validation_coverage == 0.8
    assert found.coverage.estimate == 0.8
    assert found.coverage.low < 0.8 < found.coverage.high
    assert found.error_rate.estimate == 1
    assert found.error_rate.low > 0.98


def test_without_a_threshold_nothing_is_left_to_the_model():
    labels, probabilities = model(600)
    both = {"validation": probabilities, "test": probabilities}
    groups = {split: np.arange(ROWS) for split in both}
    found = selective_prediction.selection({"validation": labels, "test": labels}, both, groups, 0.05, 0.95)
    assert found.rows == 0
    assert set(found.model_dump(exclude={"rows"}).values()) == {None}


def test_a_threshold_that_no_test_row_reaches_keeps_none():
    labels, probabilities = model(0)
    splits = {"validation": probabilities, "test": np.tile([0.55, 0.45], (ROWS, 1))}
    groups = {split: np.arange(ROWS) for split in splits}
    found = selective_prediction.selection({"validation": labels, "test": labels}, splits, groups, 0.05, 0.95)
    assert (found.rows, found.error_rate, found.coverage.estimate) == (0, None, 0)

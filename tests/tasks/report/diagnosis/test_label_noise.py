"""Doubted labels: those that models which have not trained on the rows contradict."""

import numpy as np
import pytest

from tasks.report.diagnosis.label_noise import doubted

ROWS = 400


def probabilities(truth: np.ndarray, right: float, seed: int) -> np.ndarray:
    """Return two classes' probabilities: sure on rows that are right, unsure on the others."""
    generator = np.random.default_rng(seed)
    hit = generator.random(ROWS) < right
    sure = np.where(hit, generator.uniform(0.8, 0.99, ROWS), generator.uniform(0.5, 0.7, ROWS))
    said = np.where(hit, truth, 1 - truth)
    return np.where(np.eye(2)[said] == 1, sure[:, None], 1 - sure[:, None])


@pytest.mark.parametrize("flips", [0, 40, 80])
def test_flipped_labels_are_doubted_and_others_mostly_not(flips):
    truth = np.arange(ROWS) % 2
    flipped = np.random.default_rng(1).choice(ROWS, flips, replace=False)
    labels = truth.copy()
    labels[flipped] = 1 - labels[flipped]
    table = np.mean([probabilities(truth, 0.96, seed) for seed in (1, 2, 3)], axis=0)
    found = doubted(labels, {"model": table})
    assert found.asked == ROWS
    assert len(set(flipped) & set(found.rows)) >= 0.95 * flips
    assert len(found.rows) <= flips + 0.03 * ROWS
    assert found.accuracy == pytest.approx(1 - flips / ROWS, abs=0.02)


def test_the_least_likely_label_comes_first_with_the_class_that_the_models_name():
    table = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9], [0.3, 0.7], [0.02, 0.98]])
    found = doubted(np.array([0, 0, 1, 1, 0, 0]), {"model": table})
    assert found.rows[0] == 5
    assert found.likely[0] == 1


def test_the_best_model_is_asked_and_no_weak_one_that_would_doubt_what_it_cannot_tell():
    truth = np.arange(ROWS) % 2
    models = {"weak": probabilities(truth, 0.32, 1), "frozen encoder": probabilities(truth, 0.97, 2)}
    found = doubted(truth, models)
    assert found.model == "frozen encoder"
    assert found.share < 0.05
    assert doubted(truth, {"weak": models["weak"]}).share > 0.4


def test_of_models_that_agree_as_often_the_surer_one_is_asked():
    labels = np.arange(8) % 2
    unsure = np.where(np.eye(2)[labels] == 1, 0.6, 0.4)
    assert doubted(labels, {"unsure": unsure, "sure": np.where(unsure > 0.5, 0.9, 0.1)}).model == "sure"


def test_models_that_name_one_class_agree_with_nobody():
    found = doubted(np.arange(8) % 2, {"model": np.tile([1.0, 0.0], (8, 1))})
    assert found.accuracy == 0.5
    assert found.agreement == 0


def test_classes_of_one_row_are_no_error_and_no_warning(recwarn):
    assert doubted(np.arange(5), {"model": np.full((5, 5), 0.2)}).asked == 5
    assert not recwarn.list

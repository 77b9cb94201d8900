"""The interval of a change between two rounds of fine-tuning."""

import numpy as np

from core import change, params

ROWS = 400
LABELS = np.arange(ROWS) % 2
GROUPS = np.asarray([f"group {row // 2}" for row in range(ROWS)])


def predicting(right: float, seed: int) -> np.ndarray:
    hit = np.random.default_rng(seed).random(ROWS) < right
    return np.where(np.eye(2)[np.where(hit, LABELS, 1 - LABELS)] == 1, 0.8, 0.2)


def found(write_params, before: list[np.ndarray], now: list[np.ndarray]) -> dict[str, tuple[float, float]]:
    write_params({})
    return change.intervals(LABELS, before, now, GROUPS, params.load().evaluation)


def test_the_same_predictions_differ_by_exactly_nothing(write_params):
    one = predicting(0.8, 0)
    assert found(write_params, [one], [one]) == {"accuracy": (0, 0), "loss": (0, 0)}


def test_better_predictions_lie_above_in_accuracy_and_below_in_loss(write_params):
    intervals = found(write_params, [predicting(0.7, 0), predicting(0.7, 1)], [predicting(0.9, 2), predicting(0.9, 3)])
    assert 0 < intervals["accuracy"][0] < 0.2 < intervals["accuracy"][1] + 0.05
    assert intervals["loss"][1] < 0


def test_seeds_that_disagree_widen_the_interval_on_either_side(write_params):
    one, poor = predicting(0.8, 0), predicting(0.5, 1)
    sure = np.diff(found(write_params, [one, one], [one, one])["accuracy"])
    for sides in (([one, one], [one, poor]), ([one, poor], [one, one])):
        assert np.diff(found(write_params, *sides)["accuracy"]) > sure + 0.1

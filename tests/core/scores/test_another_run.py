"""What another training run would give, against scipy's prediction interval written out."""

import numpy as np
import pytest
from scipy.stats import t

from core.decision.decision import Decision
from core.scores.another_run import another_run

ROWS = 20_000
LABELS = np.arange(ROWS) % 2
EACH = np.arange(ROWS)


def right(share: float) -> np.ndarray:
    """Return probabilities that have the first share of the rows right."""
    return np.where(np.eye(2)[np.where(share * ROWS > EACH, LABELS, 1 - LABELS)] == 1, 0.9, 0.1)


def test_the_interval_is_the_prediction_interval_of_one_more_seed():
    seeds = {"11": right(0.8), "12": right(0.84), "13": right(0.91)}
    found = another_run(LABELS, seeds, right(0.7), EACH, Decision("accuracy", classes=2))
    assert (found.seeds, found.smallest, found.largest) == (3, pytest.approx(0.8), pytest.approx(0.91))
    reach = t.ppf(0.975, 2) * np.std([0.8, 0.84, 0.91], ddof=1) * np.sqrt(4 / 3)
    assert found.gain.estimate == pytest.approx(0.15)
    assert (found.gain.low, found.gain.high) == pytest.approx((0.15 - reach, 0.15 + reach), abs=0.005)
    assert found.score.low < 0.8 < found.score.estimate < 0.91 < found.score.high <= 1


def test_a_gain_is_better_where_lower_is_better_too():
    found = another_run(LABELS, {"11": right(0.8), "12": right(0.82)}, right(0.7), EACH, Decision("loss", classes=2))
    assert found.smallest < found.largest < 1
    assert found.gain.estimate > 0


def test_of_one_seed_nothing_is_said():
    found = another_run(LABELS, {"11": right(0.8)}, right(0.7), EACH, Decision("balanced_accuracy", classes=2))
    assert (found.score, found.gain, found.smallest) == (None, None, found.largest)

"""The verdict on general understanding follows from the interval and the margin."""

import numpy as np
import pytest

from core.scores import forgetting
from core.scores.bootstrap import Resampling

RESAMPLING = Resampling(resamples=10000, seed=1, confidence=0.95)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.01, 0.01, "kept"),
        (0.01, 0.03, "kept"),
        (-0.015, -0.005, "kept"),  # a fall, but one that the margin allows
        (-0.02, 0.01, "not shown to be kept"),  # the margin itself is not ruled out
        (-0.05, -0.001, "not shown to be kept"),  # a fall is shown, one of the margin is not
        (-0.05, -0.02, "not shown to be kept"),
        (-0.05, -0.021, "lost"),
    ],
)
def test_kept_rules_out_a_fall_of_the_margin_and_lost_shows_a_greater_one(low, high, said):
    assert forgetting.verdict(low, high, margin=0.02) == said


def predicted(right: list[bool]) -> np.ndarray:
    """Return the probabilities of two topics for rows that all belong to the first."""
    return np.array([[0.9, 0.1] if hit else [0.1, 0.9] for hit in right])


def test_the_change_is_paired_by_row_and_averaged_over_seeds():
    topics = np.zeros(200, dtype=int)
    pretrained = predicted([True] * 180 + [False] * 20)
    seeds = {"1": predicted([True] * 150 + [False] * 50), "2": predicted([True] * 160 + [False] * 40)}
    accuracy = forgetting.accuracy(topics, pretrained, seeds, RESAMPLING)
    assert accuracy.difference.estimate == pytest.approx(-0.125)
    assert accuracy.seeds == {"1": 0.75, "2": 0.8}
    assert forgetting.verdict(accuracy.difference.low, accuracy.difference.high, 0.02) == "lost"


def test_few_rows_do_not_show_that_anything_is_kept():
    right = [True] * 9 + [False]
    tables = predicted(right), {"1": predicted(right[::-1])}
    accuracy = forgetting.accuracy(np.zeros(10, dtype=int), *tables, RESAMPLING)
    assert accuracy.difference.estimate == 0
    assert forgetting.verdict(accuracy.difference.low, accuracy.difference.high, 0.02) == "not shown to be kept"


def test_the_masked_loss_is_weighed_by_hidden_tokens():
    pretrained = np.array([[2.0, 1.0], [6.0, 3.0], [0.0, 0.0]] * 20)  # a row without a hidden token counts for nothing
    tuned = {"1": pretrained * [[1.5, 1.0]], "2": pretrained * [[2.5, 1.0]]}
    loss = forgetting.masked_loss(pretrained, tuned, RESAMPLING)
    assert loss.tokens == 80
    assert loss.general == pytest.approx(2.0)
    assert loss.finetuned == pytest.approx(4.0)
    assert loss.seeds == {"1": pytest.approx(3.0), "2": pytest.approx(5.0)}
    assert loss.difference.low == pytest.approx(2.0)

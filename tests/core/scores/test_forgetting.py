"""The topic probe's verdicts follow from the interval of the Brier score's rise, the margin, and the power to judge."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp
from sklearn.metrics import brier_score_loss

from core.scores import forgetting
from core.scores.intervals import Interval
from core.scores.statistics import Estimate

FOLDS = 5


@pytest.mark.parametrize(
    ("low", "high", "power", "said"),
    [
        (-0.01, 0.01, 0.9, "kept"),
        (-0.03, -0.01, 0.9, "kept"),
        (0.005, 0.015, 0.9, "kept"),  # a rise, but one that the margin allows
        (-0.01, 0.02, 0.9, "inconclusive"),  # the margin itself is not ruled out
        (0.001, 0.05, 0.9, "inconclusive"),  # a rise is shown, one of the margin is not
        (0.02, 0.05, 0.9, "inconclusive"),
        (0.021, 0.05, 0.9, "lost"),
        (-0.01, 0.01, 0.79, "cannot judge"),
        (-0.01, 0.03, 0.79, "cannot judge"),
        (0.021, 0.05, 0.79, "lost"),
        (-0.01, 0.01, 0.8, "kept"),
    ],
)
def test_kept_rules_out_a_rise_of_the_margin_lost_shows_a_greater_one_and_little_power_says_neither(
    low, high, power, said
):
    assert forgetting.verdict(Interval(estimate=(low + high) / 2, low=low, high=high), power, margin=0.02) == said


def test_the_power_is_how_often_a_true_rise_of_nothing_is_called_kept():
    rng, margin, rows = np.random.default_rng(1), 0.02, 50
    samples = rng.normal(0, 0.05, (20000, rows))
    highs = ttest_1samp(samples, 0, axis=1).confidence_interval(0.95).high
    error = 0.05 / np.sqrt(rows)
    assert forgetting.power(Estimate(0, 0, error, rows - 1), margin, 0.95) == pytest.approx(
        (highs < margin).mean(), abs=0.01
    )
    assert forgetting.power(Estimate(0.3, 0.3, error, rows - 1), margin, 0.95) > 0.7  # of no rise, not of the one found
    assert forgetting.power(Estimate(0, 0, 0, 9), margin, 0.95) == 1


def predicted(true: float, rows: int) -> np.ndarray:
    """Return probabilities of two topics, the first with that one."""
    return np.tile([true, 1 - true], (rows, 1))


def jittered(true: float, rows: int, seed: int) -> np.ndarray:
    """Return probabilities of two topics, the first with about that one."""
    first = np.clip(true + np.random.default_rng(seed).normal(0, 0.05, rows), 0, 1)
    return np.column_stack([first, 1 - first])


def test_the_brier_score_is_sklearns_scaled_by_half():
    rng = np.random.default_rng(0)
    topics, table = rng.integers(0, 3, 90), rng.dirichlet(np.ones(3), 90)
    mine = forgetting.scores(topics, table, 0.95)
    assert mine.brier.estimate == pytest.approx(brier_score_loss(topics, table, scale_by_half=True))
    assert mine.accuracy.estimate == pytest.approx((table.argmax(1) == topics).mean())


def test_the_rise_is_paired_by_sentence_and_each_seed_has_its_own():
    topics, before = np.zeros(200, dtype=int), jittered(0.8, 200, 1)
    probed = forgetting.probed(
        topics, before, {"1": jittered(0.8, 200, 2), "2": jittered(0.6, 200, 2)}, FOLDS, 0.02, 0.95
    )
    assert {seed: found.verdict for seed, found in probed.items()} == {"1": "kept", "2": "lost"}
    differences = (1 - jittered(0.6, 200, 2)[:, 0]) ** 2 - (1 - before[:, 0]) ** 2
    half = ttest_1samp(differences, 0).confidence_interval(0.95).high - differences.mean()
    rise = probed["2"].rise
    assert rise.estimate == pytest.approx(differences.mean())
    assert (rise.high - rise.low) / 2 == pytest.approx(1.5 * half)  # each probe trained on four folds, read one


def test_probabilities_may_be_lost_where_no_answer_changed():
    topics = np.zeros(200, dtype=int)
    found = forgetting.probed(topics, predicted(0.9, 200), {"1": jittered(0.7, 200, 1)}, FOLDS, 0.02, 0.95)["1"]
    assert found.accuracy_change.estimate == 0
    assert found.verdict == "lost"


def test_a_probe_of_few_sentences_that_differ_cannot_judge():
    topics, before, after = np.zeros(10, dtype=int), predicted(0.9, 10), predicted(0.9, 10)
    before[0] = after[1] = [0.1, 0.9]  # each names one topic wrong, another one
    found = forgetting.probed(topics, before, {"1": after}, FOLDS, 0.02, 0.95)["1"]
    assert found.rise.estimate == pytest.approx(0)
    assert found.power < 0.1
    assert found.verdict == "cannot judge"


def test_the_masked_loss_is_weighed_by_hidden_tokens():
    pretrained = np.array([[2.0, 1.0], [6.0, 3.0], [0.0, 0.0]] * 20)  # a row without a hidden token counts for nothing
    tuned = {"1": pretrained * [[1.5, 1.0]], "2": pretrained * [[2.5, 1.0]]}
    loss = forgetting.masked_loss(pretrained, tuned, 0.95)
    assert loss.tokens == 80
    assert loss.pretrained == pytest.approx(2.0)
    assert {seed: change.loss for seed, change in loss.seeds.items()} == {
        "1": pytest.approx(3.0),
        "2": pytest.approx(5.0),
    }
    assert loss.seeds["1"].difference.low == pytest.approx(1.0)  # each token costs one nat more: nothing varies


def test_the_interval_of_the_masked_loss_is_that_of_a_ratio():
    rng = np.random.default_rng(3)
    tokens = rng.integers(1, 6, 400).astype(float)
    before = np.column_stack([rng.gamma(2, 1, 400) * tokens, tokens])
    after = np.column_stack([before[:, 0] + rng.normal(0.1, 1, 400) * tokens, tokens])
    found = forgetting.masked_loss(before, {"1": after}, 0.95).seeds["1"].difference
    draws = rng.integers(0, 400, (4000, 400))
    drawn = (after - before)[:, 0][draws].sum(1) / tokens[draws].sum(1)
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])), abs=0.01)

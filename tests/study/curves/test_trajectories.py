"""Curves beyond the largest size, and when nothing may be predicted."""

from dataclasses import replace

import numpy as np
import pytest

from study.curves.trajectories import Trajectories, ends, refusal, tried
from tests.study.curves.test_resamples import LABELS, drawn

RISING = 0.9 - 0.3 * (LABELS / 16) ** -0.5


def asked(points):
    held, missed = tried(points, 0.9)
    return refusal(points, held), held, missed


def test_a_smooth_rising_curve_is_predicted():
    why, held, missed = asked(drawn(deviation=0.01))
    assert why is None
    assert held.predicted.low < held.found < held.predicted.high
    before, _ = tried(drawn(deviation=0.01).without_largest(), 0.9)
    misses = [each.found - each.predicted.estimate for each in (held, before)]
    assert missed == pytest.approx(np.sqrt(np.mean(np.square(misses))))
    assert (held.size, held.labels) == ("500", 500)


def test_a_level_curve_is_not_predicted():
    assert "does not rise" in asked(drawn(means=np.full(6, 0.7)))[0]


def test_a_curve_whose_largest_size_falls_off_is_not_predicted():
    broken = RISING - np.array([0, 0, 0, 0, 0, 0.15])
    assert "was not where the smaller sizes predict it" in asked(drawn(deviation=0.01, means=broken))[0]


def test_a_curve_too_noisy_to_say_is_not_predicted():
    steep_then = np.array([0.5, 0.52, 0.55, 0.6, 0.68, 0.72])
    assert "no closer than the curve rises" in asked(drawn(draws=2, deviation=0.04, means=steep_then))[0]


def test_scores_farther_off_are_less_sure_where_the_largest_size_was_missed():
    trajectories = Trajectories(drawn(deviation=0.01), missed=0.02)
    widths = [high - low for _, low, high in (ends(each, 0.9) for each in trajectories.scores(LABELS[-1] * FAR).T)]
    assert widths == sorted(widths)
    exact = Trajectories(drawn(deviation=0.01)).scores(LABELS[-1] * FAR)
    assert np.ptp(ends(exact[:, -1], 0.9)[1:]) < widths[-1]


FAR = np.array([1.0, 2, 4])


def test_a_gain_is_what_is_predicted_above_what_was_measured():
    points = drawn(deviation=0.005)
    trajectories = Trajectories(points)
    gain, score = trajectories.gains(500), trajectories.scores(np.array([1000.0]))[:, 0]
    assert gain == pytest.approx(score - points.means[-1])
    truth = 0.9 - 0.3 * (1000 / 16) ** -0.5 - RISING[-1]
    middle, low, high = ends(gain, 0.9)
    assert low < truth < high


def test_other_test_rows_widen_a_score_more_than_a_gain():
    rows = np.random.default_rng(0).normal(0, 0.02 / np.sqrt(400), 400)
    points = replace(
        drawn(deviation=0.005), rows=[rows - rows.mean()] * len(LABELS), groups=[np.arange(400).astype(str)]
    )
    same, other = Trajectories(points), Trajectories(points, other_rows=True)
    scores = [np.ptp(ends(each.scores(LABELS[-1:] * 1.2)[:, 0], 0.9)[1:]) for each in (same, other)]
    gains = [np.ptp(ends(each.gains(100), 0.9)[1:]) for each in (same, other)]
    assert scores[1] > 1.5 * scores[0]
    assert gains[1] < 1.5 * gains[0]


def test_predictions_hold_the_truth_of_simulated_curves():
    held = offered = 0
    for seed in range(25):
        generator = np.random.default_rng(1000 + seed)
        top, drop, power = generator.uniform(0.75, 0.95), generator.uniform(0.2, 0.4), generator.uniform(0.2, 0.9)
        points = drawn(deviation=0.015, seed=seed, means=top - drop * (LABELS / 16) ** -power)
        why, _, missed = asked(points)
        if why is None:
            middle, low, high = ends(Trajectories(points, missed).scores(np.array([1000.0]))[:, 0], 0.9)
            offered += 1
            held += low <= top - drop * (1000 / 16) ** -power <= high
    assert offered >= 16
    assert held >= 0.85 * offered

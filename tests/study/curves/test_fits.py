"""Two families of learning curves: the best of each is found."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from study.curves.fits import fitted

LABELS = np.array([16.0, 32, 64, 128, 250, 500, 1000])


def pow4(n, top, drop, power, shift):
    return top - drop * (n + shift) ** -power


def mmf4(n, start, half, top, power):
    return (start * half + top * n**power) / (half + n**power)


CURVES = {
    "POW4": (pow4, (0.9, 1.2, 0.5, 8.0), [(0.8, 1, 0.3, 1), (0.95, 2, 1, 10)]),
    "MMF4": (mmf4, (0.5, 60.0, 0.92, 0.9), [(0.4, 20, 0.9, 0.7), (0.55, 200, 0.95, 1.2)]),
}


@pytest.mark.parametrize("family", CURVES)
def test_a_curve_of_the_family_is_followed_far_beyond_its_last_size(family):
    curve, parameters, _ = CURVES[family]
    fit = fitted(family, LABELS, curve(LABELS, *parameters)[None], np.ones(7), most=1.0)
    farther = np.array([2000.0, 4000.0])
    assert fit.at(farther)[0] == pytest.approx(curve(farther, *parameters), abs=0.01)


@pytest.mark.parametrize("family", CURVES)
@pytest.mark.parametrize("seed", range(3))
def test_no_start_of_least_squares_finds_a_curve_that_is_clearly_better(family, seed):
    curve, parameters, starts = CURVES[family]
    noise = np.random.default_rng(seed).normal(0, 0.01, 7)
    scores = curve(LABELS, *parameters) + noise
    weights = np.array([1.0, 1, 1, 1, 2, 2, 4]) * 1e4
    fit = fitted(family, LABELS, scores[None], weights, most=1.0)

    def off(values):
        return (curve(LABELS, *values) - scores) * np.sqrt(weights)

    lower, upper = {
        "POW4": ((0, 0, 0.05, -8), (1, 50, 2, 500)),
        "MMF4": ((0, 0.01, 0, 0.2), (1, 1e6, 1, 3)),
    }[family]
    best = min(2 * least_squares(off, start, bounds=(lower, upper)).cost for start in starts)
    assert fit.error[0] <= best + 0.3  # of squared errors that are as large as their freedom, 3


def test_no_curve_passes_what_a_score_can_be():
    scores = np.array([[0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1.0]])
    for family in CURVES:
        assert fitted(family, LABELS, scores, np.ones(7), most=1.0).at(np.array([1e6]))[0, 0] <= 1


def test_a_curve_that_falls_is_fitted_by_a_level_line():
    for family in CURVES:
        fit = fitted(family, LABELS, np.linspace(0.9, 0.6, 7)[None], np.ones(7), most=1.0)
        assert fit.at(LABELS)[0] == pytest.approx(np.full(7, 0.75), abs=1e-9)


def test_resamples_are_fitted_as_if_each_were_alone():
    scores = np.random.default_rng(1).normal(0.7, 0.05, (3, 7))
    together = fitted("POW4", LABELS, scores, np.ones(7), most=1.0).at(LABELS)
    alone = [fitted("POW4", LABELS, each[None], np.ones(7), most=1.0).at(LABELS)[0] for each in scores]
    assert together == pytest.approx(np.array(alone))

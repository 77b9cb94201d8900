"""Mean scores by the number of labels, and how they would be with other draws and other test rows."""

from dataclasses import replace

import numpy as np
import pytest

from core.scores.influence import of_metric
from study.curves import resamples
from study.curves.resamples import RESAMPLES, Points
from tests.study.curves.of_draws import curves

SKILLS = {"a": {"8 a class": 0.6, "16 a class": 0.7, "50%": 0.8, "100%": 0.85}}
LABELS = np.array([16.0, 32, 64, 128, 250, 500])


def points_of(known):
    return resamples.points(
        known, "a", lambda table: of_metric("accuracy", known.labels, table, known.decision), 1, 1.0
    )


def drawn(draws=5, deviation=0.02, seed=0, means=0.9 - 0.3 * (LABELS / 16) ** -0.5):
    """Return points whose draws scatter by chance around means."""
    generator = np.random.default_rng(seed)
    return Points(
        sizes=[f"{count:g}" for count in LABELS],
        labels=LABELS,
        values=[{n: mean + deviation * generator.normal() for n in range(draws)} for mean in means],
        rows=[np.zeros(10)] * len(LABELS),
        overlaps=np.zeros(len(LABELS)),
        groups=[np.arange(10).astype(str)],
        most=1.0,
    )


def test_sizes_with_the_classes_in_other_shares_are_left_out():
    known = curves(SKILLS)
    assert points_of(known).sizes == ["8 a class", "16 a class", "50%", "100%"]
    rare = replace(known, pool=np.array([300, 100]), drawn={**known.drawn, "100%": np.array([300, 100])})
    assert points_of(rare).sizes == ["100%"]


def test_sizes_with_a_single_row_of_a_class_are_left_out():
    rare = replace(curves(SKILLS), pool=np.array([98, 2]), drawn=RARE)
    assert points_of(rare).sizes == ["100%"]


RARE = {
    "8 a class": np.array([15, 1]),
    "16 a class": np.array([31, 1]),
    "50%": np.array([49, 1]),
    "100%": np.array([98, 2]),
}


def test_a_technique_without_draws_has_no_points():
    assert points_of(replace(curves(SKILLS), tables={"a": {}})) is None


def test_resampled_means_scatter_as_much_as_the_means_do():
    many = [drawn(seed=seed) for seed in range(20)]
    found = np.mean([each.resampled.var(0).mean() - each.roughness**2 for each in many])
    assert found == pytest.approx(0.02**2 / 5, rel=0.25)


def test_means_of_sizes_with_fewer_draws_scatter_as_much_as_they_do():
    found = []
    for seed in range(20):
        known = drawn(draws=10, seed=seed)
        fewer = [
            {n: value for n, value in each.items() if n < most} for each, most in zip(known.values, SOME, strict=True)
        ]
        points = replace(known, values=fewer)
        found.append(points.resampled.var(0) - points.roughness**2)
    assert np.mean(found, axis=0) * SOME == pytest.approx(np.full(6, 0.02**2), rel=0.4)


SOME = np.array([10, 10, 10, 5, 5, 3])


def test_a_repetition_is_drawn_again_as_a_whole():
    together = drawn()
    shift = {number: 0.05 * number for number in range(5)}
    moved = replace(together, values=[{n: 0.5 + shift[n] for n in range(5)} for _ in LABELS])
    off = moved.resampled - moved.means
    assert off == pytest.approx(np.tile(off[:, :1], len(LABELS)), abs=1e-9)
    assert off.shape == (RESAMPLES, len(LABELS))


def test_the_scatter_of_draws_is_one_line_for_all_sizes():
    found = drawn(draws=40).scatter(LABELS)
    assert found == pytest.approx(np.full(len(LABELS), 0.02**2), rel=0.4)


def test_draws_that_share_rows_scatter_less_than_new_ones_would():
    alike = replace(drawn(draws=40), overlaps=np.full(len(LABELS), 0.5))
    assert alike.scatter(LABELS) == pytest.approx(2 * drawn(draws=40).scatter(LABELS))
    assert alike.variances == pytest.approx(drawn(draws=40).variances)


def test_means_on_a_curve_are_not_rough_and_those_off_every_curve_are():
    smooth = 0.9 - 0.3 * (LABELS / 16) ** -0.5
    assert drawn(deviation=0.005, means=smooth).roughness < 0.01
    zigzag = smooth + np.array([0.05, -0.05] * 3)
    assert drawn(deviation=0.005, means=zigzag).roughness > 0.03


def test_other_test_rows_change_all_sizes_together():
    known = points_of(curves(SKILLS, rows=1000))
    moved = known.of_other_rows
    assert moved[:, -1].std() == pytest.approx(np.sqrt(0.85 * 0.15 / 1000), rel=0.15)
    assert np.corrcoef(moved[:, -1], moved[:, -2])[0, 1] > 0.6


def test_rows_of_a_group_change_together():
    known = curves(SKILLS, rows=1000)
    blocks = np.repeat(np.arange(50), 20).astype(str)
    tables = {size: {1: np.repeat(draws[1][::20], 20, axis=0)} for size, draws in known.tables["a"].items()}
    labels = np.repeat(known.labels[::20], 20)
    alike = replace(known, tables={"a": tables}, labels=labels, groups=blocks)
    single = replace(alike, groups=known.groups)
    wide, narrow = (points_of(each).of_other_rows[:, 0].std() for each in (alike, single))
    assert wide > 3 * narrow
    besides = replace(single, clusters=blocks)
    assert points_of(besides).of_other_rows[:, 0].std() == pytest.approx(wide)

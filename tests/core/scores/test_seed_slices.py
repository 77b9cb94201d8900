"""Slices of the mean over the seeds: what may be said of each."""

import numpy as np
import pytest

from core.scores import seed_slices
from core.scores.seed_slices import Slice
from core.scores.slicing import Slicing
from tasks import params
from tests.results import part

ROWS = 400
LABELS = np.arange(ROWS) % 2
GROUPS = np.arange(ROWS)


def right(hits: np.ndarray) -> np.ndarray:
    """Return probabilities of 0.8 for the label where the row is hit, else for the other class."""
    return np.where(np.eye(2)[np.where(hits, LABELS, 1 - LABELS)] == 1, 0.8, 0.2)


@pytest.fixture
def section(write_params):
    write_params({"evaluation.resamples": 300})
    return params.load().evaluation


def test_each_slice_has_its_rows_accuracy_and_difference(section):
    ward = Slicing(["north", "south"], (GROUPS >= 100).astype(int))
    base, tuned = GROUPS % 10 < 7, np.where(ward.member == 0, GROUPS % 10 < 4, GROUPS % 10 < 9)
    north, south = seed_slices.compared_by_slice(
        LABELS, right(base), [right(tuned)] * 2, GROUPS, {"ward": ward}, section
    )
    assert (north.by, north.slice, north.rows) == ("ward", "north", 100)
    assert north.accuracy.estimate == pytest.approx(0.4)
    assert north.difference.high < 0 < south.difference.low
    assert north.difference.p_holm >= north.difference.p_value


def test_slices_of_few_groups_and_slicings_of_one_slice_are_left_out(section):
    hits = np.ones(ROWS, dtype=bool)
    by = {"truncated": Slicing(["no", "yes"], np.zeros(ROWS, dtype=int))}
    by |= {"ward": Slicing(["large", "small"], (GROUPS < 9).astype(int))}
    found = seed_slices.compared_by_slice(LABELS, right(hits), [right(hits)], GROUPS, by, section)
    assert [part.slice for part in found] == ["large"]
    assert seed_slices.compared_by_slice(LABELS, right(hits), [right(hits)], GROUPS // 200, by, section) == []


def test_of_many_slices_without_a_difference_none_is_found(section):
    """With 40 slices, two would have p < 0.05 by chance alone."""
    generator = np.random.default_rng(0)
    by = {"ward": Slicing([str(number) for number in range(40)], GROUPS % 40)}
    base, tuned = generator.random(ROWS) < 0.7, generator.random(ROWS) < 0.7
    found = seed_slices.compared_by_slice(LABELS, right(base), [right(tuned)], GROUPS, by, section)
    assert len(found) == 40
    assert all(part.difference.p_holm > 0.05 for part in found)


def of_accuracy(estimate: float, high: float) -> Slice:
    accuracy = {"estimate": estimate, "low": 0.2, "high": high}
    return Slice.model_validate(part("ward", "north", 0.5, 0.0) | {"accuracy": accuracy})


def test_the_worst_slice_is_surely_low_not_just_small():
    small, large = of_accuracy(0.5, 0.8), of_accuracy(0.6, 0.65)
    assert seed_slices.worst_first([small, large]) == [large, small]


def test_among_slices_that_may_be_perfect_the_lower_estimate_comes_first():
    higher, lower = of_accuracy(0.9, 1.0), of_accuracy(0.8, 1.0)
    assert seed_slices.worst_first([higher, lower]) == [lower, higher]

"""Slices: which row belongs where, and what may be said of each."""

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, Features, Value

from core.scores import slices
from core.scores.slices import Slice, Slicing
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


def tokenized(lengths: list[int], wards: list[str | None]) -> Dataset:
    rows = {
        "labels": [0] * len(lengths),
        "length": lengths,
        "truncated": [length > 5 for length in lengths],
        "broken_words": lengths,
        "slice ward": wards,
    }
    features = {"labels": ClassLabel(names=["b", "a"]), "length": Value("int32"), "truncated": Value("bool")}
    features |= {"broken_words": Value("int32"), "slice ward": Value("string")}
    return Dataset.from_dict(rows, features=Features(features))


def test_rows_are_sliced_by_class_length_truncation_and_the_columns_named():
    validation = tokenized([1, 2, 3, 4, 5, 6], ["x"] * 6)
    found = slices.slicings(tokenized([2, 3, 9], ["north", None, "east"]), validation)
    said = {by: [slicing.names[number] for number in slicing.member] for by, slicing in found.items()}
    assert said == {
        "class": ["b", "b", "b"],
        "tokens": ["up to 2", "3 to 4", "over 4"],
        "words in pieces": ["up to 2", "3 to 4", "over 4"],
        "truncated": ["no", "no", "yes"],
        "ward": ["north", "(missing)", "east"],
    }


def test_a_column_of_the_name_of_a_slicing_stands_beside_it():
    rows = tokenized([2, 3, 9], ["a", "b", "c"]).rename_column("slice ward", "slice tokens")
    found = slices.slicings(rows, rows)
    assert found["tokens"].names == ["up to 2", "3 to 5", "over 5"]
    assert found["tokens (column)"].names == ["a", "b", "c"]


def test_a_third_of_a_single_number_is_named_by_it():
    assert slices.thirds([1], [1, 2, 3]).names == ["up to 1", "2", "over 2"]


def test_thirds_of_one_value_leave_one_slice():
    assert set(slices.thirds([7, 7], [7, 7, 7]).member) == {0}


def test_each_slice_has_its_rows_accuracy_and_difference(section):
    ward = Slicing(["north", "south"], (GROUPS >= 100).astype(int))
    base, tuned = GROUPS % 10 < 7, np.where(ward.member == 0, GROUPS % 10 < 4, GROUPS % 10 < 9)
    north, south = slices.compared_by_slice(LABELS, right(base), [right(tuned)] * 2, GROUPS, {"ward": ward}, section)
    assert (north.by, north.slice, north.rows) == ("ward", "north", 100)
    assert north.accuracy.estimate == pytest.approx(0.4)
    assert north.difference.high < 0 < south.difference.low
    assert north.difference.p_holm >= north.difference.p_value


def test_slices_of_few_groups_and_slicings_of_one_slice_are_left_out(section):
    hits = np.ones(ROWS, dtype=bool)
    by = {"truncated": Slicing(["no", "yes"], np.zeros(ROWS, dtype=int))}
    by |= {"ward": Slicing(["large", "small"], (GROUPS < 9).astype(int))}
    found = slices.compared_by_slice(LABELS, right(hits), [right(hits)], GROUPS, by, section)
    assert [part.slice for part in found] == ["large"]
    assert slices.compared_by_slice(LABELS, right(hits), [right(hits)], GROUPS // 200, by, section) == []


def test_of_many_slices_without_a_difference_none_is_found(section):
    """With 40 slices, two would have p < 0.05 by chance alone."""
    generator = np.random.default_rng(0)
    by = {"ward": Slicing([str(number) for number in range(40)], GROUPS % 40)}
    base, tuned = generator.random(ROWS) < 0.7, generator.random(ROWS) < 0.7
    found = slices.compared_by_slice(LABELS, right(base), [right(tuned)], GROUPS, by, section)
    assert len(found) == 40
    assert all(part.difference.p_holm > 0.05 for part in found)


def of_accuracy(estimate: float, high: float) -> Slice:
    accuracy = {"estimate": estimate, "low": 0.2, "high": high}
    return Slice.model_validate(part("ward", "north", 0.5, 0.0) | {"accuracy": accuracy})


def test_the_worst_slice_is_surely_low_not_just_small():
    small, large = of_accuracy(0.5, 0.8), of_accuracy(0.6, 0.65)
    assert slices.worst_first([small, large]) == [large, small]


def test_among_slices_that_may_be_perfect_the_lower_estimate_comes_first():
    higher, lower = of_accuracy(0.9, 1.0), of_accuracy(0.8, 1.0)
    assert slices.worst_first([higher, lower]) == [lower, higher]

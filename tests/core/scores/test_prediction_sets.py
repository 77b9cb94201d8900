"""Prediction sets: split conformal prediction by hand, and what it promises."""

import math

import numpy as np
import pytest

from core.data.threshold_rows import threshold_rows
from core.decision.decision import Decision
from core.scores.prediction_sets import least_probability, prediction_sets, sets

DECISION = Decision("balanced_accuracy", 3)


def drawn(generator, rows, alike=None):
    """Return labels, and probabilities that are right for each row; rows of a group share most of their logits."""
    groups = np.arange(rows) if alike is None else np.arange(rows) // alike
    logits = generator.normal(0, 2, (rows, 3))[groups] + generator.normal(0, 0.5, (rows, 3))
    table = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return (table.cumsum(1) < generator.random((rows, 1))).sum(1), table, groups.astype(str)


def test_of_rows_that_share_nothing_the_least_probability_is_that_of_split_conformal_prediction():
    labels, table, groups = drawn(np.random.default_rng(0), 250)
    scores = np.sort(1 - table[np.arange(250), labels])
    expected = 1 - scores[math.ceil(251 * 0.95) - 1]
    assert least_probability(labels, table, groups, 0.95) == pytest.approx(expected)


def test_a_group_counts_as_one_whatever_its_rows():
    labels, table, groups = drawn(np.random.default_rng(0), 100)
    repeats = np.arange(100) % 3 + 1
    repeated = (np.repeat(each, repeats, axis=0) for each in (labels, table, groups))
    assert least_probability(*repeated, 0.9) == least_probability(labels, table, groups, 0.9)


def test_too_few_groups_put_every_class_into_every_set():
    labels, table, groups = drawn(np.random.default_rng(0), 180, alike=10)
    assert least_probability(labels, table, groups, 0.95) == 0
    assert sets(table, 0).all()


def test_a_set_holds_the_classes_that_are_probable_enough_and_always_the_predicted_one():
    table = np.array([[0.5, 0.3, 0.2], [0.4, 0.35, 0.25]])
    assert sets(table, 0.3).tolist() == [[True, True, False], [True, True, False]]
    assert sets(table, 0.6).tolist() == [[True, False, False], [True, False, False]]


@pytest.mark.parametrize("alike", [None, 5])
def test_new_rows_have_their_label_in_the_set_as_often_as_promised(alike):
    generator, covered = np.random.default_rng(1), []
    labels, table, _ = drawn(generator, 50_000, alike)
    for _ in range(200):
        least = least_probability(*drawn(generator, 300, alike), 0.9)
        covered.append(sets(table, least)[np.arange(len(labels)), labels].mean())
    assert 0.895 < np.mean(covered) < 0.93


def test_what_test_says_is_counted_there():
    generator = np.random.default_rng(2)
    known, new = drawn(generator, 600, 2), drawn(generator, 400, 2)
    labels, splits, groups = ({"validation": first, "test": second} for first, second in zip(known, new, strict=True))
    found = prediction_sets(labels, splits, groups, 0.05, DECISION)
    apart = threshold_rows(groups["validation"], labels["validation"])
    held = sets(new[1], least_probability(*(each[apart] for each in known), 0.95))
    covered = held[np.arange(400), new[0]]
    assert found.target == 0.95
    assert found.coverage.estimate == pytest.approx(covered.mean())
    assert found.coverage.low < covered.mean() < found.coverage.high
    assert found.size.estimate == pytest.approx(held.sum() / 400)
    assert found.singletons.estimate == pytest.approx((held.sum(1) == 1).mean())
    assert [each.rows for each in found.by_class] == np.bincount(new[0]).tolist()
    assert [each.coverage.estimate for each in found.by_class] == pytest.approx(
        [covered[new[0] == each].mean() for each in range(3)]
    )


def test_a_class_without_test_rows_has_no_coverage():
    known = drawn(np.random.default_rng(2), 600)
    without = known[0] != 1
    labels = {"validation": known[0], "test": known[0][without]}
    splits, groups = ({"validation": each, "test": each[without]} for each in known[1:])
    found = prediction_sets(labels, splits, groups, 0.05, DECISION)
    assert (found.by_class[1].rows, found.by_class[1].coverage) == (0, None)


def test_two_classes_and_few_groups_have_no_sets():
    for decision, rows in ((Decision("balanced_accuracy", 2), 600), (DECISION, 100)):
        labels, table, groups = drawn(np.random.default_rng(2), rows)
        both = ({"validation": each, "test": each} for each in (labels, table, groups))
        assert prediction_sets(*both, 0.05, decision) is None

"""Which validation rows choose nothing."""

from hashlib import sha256

import numpy as np
import pytest

from core.data.threshold_rows import LEAST, threshold_rows

GENERATOR = np.random.default_rng(0)
GROUPS = np.repeat([f"P{number:04}" for number in range(200)], GENERATOR.integers(1, 4, 200))
LABELS = (GENERATOR.random(len(GROUPS)) < 0.1).astype(int)
APART = threshold_rows(GROUPS, LABELS)


def test_half_of_the_groups_are_set_apart_as_wholes():
    apart, others = set(GROUPS[APART]), set(GROUPS[~APART])
    assert len(apart) == len(others) == 100
    assert not apart & others


def test_each_class_is_halved_too():
    for each in (0, 1):
        in_groups = len(set(GROUPS[each == LABELS])), len(set(GROUPS[APART & (each == LABELS)]))
        assert in_groups[1] == pytest.approx(in_groups[0] / 2, abs=3)


def test_all_stages_and_any_order_of_rows_find_the_same():
    order = GENERATOR.permutation(len(GROUPS))
    assert np.array_equal(threshold_rows(GROUPS[order], LABELS[order]), APART[order])
    ordered = sorted(set(GROUPS), key=lambda name: sha256(name.encode()).hexdigest())
    of_one_class = threshold_rows(GROUPS, np.zeros(len(GROUPS), dtype=int))
    assert set(GROUPS[of_one_class]) == set(ordered[1::2])


def test_another_name_may_change_sides():
    renamed = threshold_rows(np.char.add("x", GROUPS), LABELS)
    assert 0.3 < (renamed != APART).mean() < 0.7


def test_too_few_groups_all_choose():
    few = np.arange(2 * LEAST - 1).astype(str)
    assert not threshold_rows(few, np.zeros(len(few), dtype=int)).any()
    assert threshold_rows(np.append(few, "one more"), np.zeros(len(few) + 1, dtype=int)).sum() == LEAST

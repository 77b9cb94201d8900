"""What each rung of the ladder answers, of a few rows."""

import numpy as np
from threadpoolctl import threadpool_limits

from core.data.ladder import FROZEN_ENCODER, MAJORITY, UNTRAINED_HEAD
from core.data.splits import HELD_OUT, SPLITS
from core.decision.decision import Decision
from tasks.baseline import rungs
from tasks.baseline.params import Baseline

STRENGTHS = Baseline(seed=1, regularization=[0.1, 1.0], external={})
BY_LOSS = Decision("loss", classes=2)


def test_the_majority_answers_with_the_classes_shares_whatever_the_row():
    found = rungs.majority([0, 0, 0, 2], 3, {"train": 4, "validation": 1, "test": 2})
    assert {split: table.tolist() for split, table in found.items()} == {
        "validation": [[0.75, 0.0, 0.25]],
        "test": [[0.75, 0.0, 0.25]] * 2,
    }


def test_the_regularization_that_is_best_on_validation_by_the_primary_metric_is_chosen():
    rng = np.random.default_rng(0)
    labels = {split: rng.integers(0, 2, 60).tolist() for split in SPLITS}
    noise = {split: rng.normal(size=(60, 40)) for split in SPLITS}  # which says nothing of the labels
    found = {
        strength: rungs.linear(
            noise, labels, np.arange(60), Baseline(seed=1, regularization=strength, external={}), BY_LOSS
        )
        for strength in ((1e-4,), (100.0,), (100.0, 1e-4))
    }
    assert np.array_equal(found[100.0, 1e-4]["test"], found[1e-4,]["test"])
    assert not np.array_equal(found[100.0,]["test"], found[1e-4,]["test"])


def test_linear_rungs_say_the_same_however_many_threads_there_are():
    states, labels = np.random.default_rng(0).normal(size=(200, 384)), [row % 10 for row in range(200)]
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            rung = rungs.linear(
                dict.fromkeys(SPLITS, states), dict.fromkeys(SPLITS, labels), np.arange(len(labels)), STRENGTHS, BY_LOSS
            )
            found.append(rung["test"])
    assert np.array_equal(*found)
    assert set(rung) == set(HELD_OUT)


def test_every_rung_has_a_name_of_its_own_and_a_description_of_one_line():
    assert len({rung.name for rung in rungs.RUNGS}) == len(rungs.RUNGS)
    assert all(rung.description and "\n" not in rung.description for rung in rungs.RUNGS)


def test_the_rungs_that_the_report_asks_for_are_there():
    assert {MAJORITY, UNTRAINED_HEAD, FROZEN_ENCODER} < {rung.name for rung in rungs.RUNGS}

"""The simulation of coverage: what it counts is what it says."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import coverage
from benchmarks.simulated import DESIGNS, one_in_ten_loses


def test_most_intervals_of_a_small_simulation_hold_the_truth(monkeypatch):
    monkeypatch.setattr(coverage, "TRUTH", 20_000)
    held = coverage.coverage(replace(DESIGNS[0], groups=200), sets=40)
    assert {"balanced_accuracy", "loss, difference", "sensitivity"} < held.keys()
    assert all(80 <= percent <= 100 for percent in held.values())


def test_an_interval_that_is_too_narrow_is_found_out(monkeypatch):
    monkeypatch.setattr(coverage, "TRUTH", 20_000)
    monkeypatch.setattr(coverage, "CONFIDENCE", 0.3)
    assert max(coverage.coverage(replace(DESIGNS[0], groups=200), sets=40).values()) < 70


def test_nine_groups_gain_what_the_tenth_loses():
    drawn = one_in_ten_loses(2000, np.random.default_rng(0))
    right = [(model.argmax(1) == drawn.labels).reshape(2000, 20).sum(1) for model in drawn.models]
    assert set(right[1] - right[0]) == {1, -9}
    assert (right[1] - right[0]).mean() == pytest.approx(0, abs=0.2)


def test_the_interval_alone_takes_a_lucky_few_groups_for_a_gain():
    by_interval, by_verdict = coverage.false_adapted(8, 100)
    assert by_interval > 30
    assert by_verdict == 0

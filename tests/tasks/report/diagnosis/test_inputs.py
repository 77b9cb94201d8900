"""What the rules of the diagnosis read: counts of training rows, and what holds of most seeds."""

from math import log

import pytest


def test_guessing_costs_the_entropy_of_the_training_rows(facts):
    even = facts({"validation.rows.train.classes": {"a": 50, "b": 50}})
    assert even.training_rows == {"a": 50, "b": 50}
    assert even.guessing == pytest.approx(log(2))
    assert facts({"validation.rows.train.classes": {"a": 100, "b": 0}}).guessing == 0


def test_of_three_seeds_two_are_most_and_one_is_not(facts):
    falling, rising = [(0.6, 0.4), (0.3, 0.2)], [(0.6, 0.4), (0.3, 0.5)]

    def rises(epochs):
        return epochs[-1].validation_loss > epochs[0].validation_loss

    assert facts(curves=(rising, rising, falling)).most_seeds(rises)
    assert not facts(curves=(rising, falling, falling)).most_seeds(rises)
    assert not facts(curves=(rising, falling)).most_seeds(rises)


def test_a_number_is_averaged_over_seeds(facts):
    curves = tuple([(loss, 0.2)] for loss in (0.1, 0.2, 0.6))
    assert facts(curves=curves).mean(lambda epochs: epochs[0].training_loss) == pytest.approx(0.3)

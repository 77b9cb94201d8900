"""What the rules of the diagnosis read: counts of training rows, and what holds of most seeds."""

from math import log

import numpy as np
import pytest

from tasks.report.diagnosis.inputs import on_validation
from tests.tasks.report.conftest import model


def test_guessing_costs_the_entropy_of_the_training_rows(facts):
    even = facts({"validation.rows.train.classes": {"a": 50, "b": 50}})
    assert even.training_rows == {"a": 50, "b": 50}
    assert even.guessing == pytest.approx(log(2))
    assert facts({"validation.rows.train.classes": {"a": 100, "b": 0}}).guessing == 0


def test_where_the_training_loss_counts_classes_alike_guessing_costs_the_logarithm_of_their_number(facts):
    uneven = {"validation.rows.train.classes": {"a": 90, "b": 10}}
    assert facts(uneven).guessing < log(2)
    assert facts(uneven, settings={"class_weights": "balanced"}).guessing == pytest.approx(log(2))


def test_training_starts_from_the_frozen_encoder_only_where_the_head_does(facts):
    assert facts().start == 0.69
    assert facts(settings={"head": "probed"}).start == 0.56


def test_how_a_model_does_on_validation_is_counted_from_its_probabilities():
    table = np.array([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.3, 0.7]])
    found = on_validation(np.array([0, 1, 0, 1]), table, ["routine", "urgent"])
    assert (found.accuracy, found.answer, found.answered, found.labelled) == (0.75, "routine", 0.75, 0.5)
    assert found.loss == pytest.approx(-np.log([0.9, 0.4, 0.8, 0.7]).mean())


@pytest.mark.parametrize(
    ("answered", "labelled", "alike"), [(1.0, 0.5, True), (0.96, 0.5, True), (0.94, 0.5, False), (0.97, 0.97, False)]
)
def test_answers_are_alike_where_other_classes_are_named_for_a_tenth_of_their_rows_at_most(answered, labelled, alike):
    assert model(answered=answered, labelled=labelled).answers_alike == alike


def test_differences_are_said_in_points_but_of_a_metric_without_bounds_in_its_unit(facts):
    assert facts().amount(0.065) == "6.5 points of accuracy"
    assert facts(primary="cost").amount(0.065) == "0.065 of cost"


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

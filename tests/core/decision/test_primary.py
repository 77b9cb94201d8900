"""What params.yaml chooses by, as class ids; what it names wrongly is told with the names there are."""

import numpy as np
import pytest

from core.base.errors import UserError
from core.base.params import load
from core.decision.primary import Primary
from tasks import params

LABELS = ["routine", "urgent"]


def problems() -> list[str]:
    with pytest.raises(UserError) as caught:
        params.load()
    return list(caught.value.problems)


def test_class_names_become_the_ids_of_the_labels_in_their_order(write_params):
    costs = {"urgent": {"routine": 10.0}, "routine": {"urgent": 1.0}}
    write_params({"evaluation.primary": "cost", "evaluation.cost": costs})
    decision = load(Primary).decision(LABELS)
    assert (decision.primary, decision.classes, decision.positive) == ("cost", 2, 1)
    assert np.array_equal(decision.costs, [[0, 1], [10, 0]])


def test_a_cost_that_is_chosen_by_and_not_named_is_asked_for_with_an_example(write_params):
    write_params({"evaluation.primary": "cost"})
    assert "{urgent: {routine: 10}, routine: {urgent: 1}}" in problems()[0]


def test_a_class_that_is_no_label_is_told_beside_the_labels_before_any_stage_works(write_params):
    write_params({"evaluation.positive": "severe"})
    (problem,) = problems()
    assert "'severe'" in problem and "validation.labels are 'routine', 'urgent'" in problem and "null" in problem


def test_of_labels_that_training_finds_an_unknown_class_is_told_where_they_are_known(write_params):
    write_params({"validation.labels": None, "evaluation.positive": "severe"})
    with pytest.raises(UserError) as caught:
        load(Primary).decision(LABELS)
    assert "the labels are 'routine', 'urgent'" in caught.value.problems[0]


def test_weighted_kappa_needs_the_order_of_the_labels(write_params):
    write_params({"validation.labels": None, "evaluation.primary": "weighted_kappa", "evaluation.positive": None})
    assert "set validation.labels" in problems()[0]

"""What stands between a run and its verdict speaks on a run that has it, with its numbers."""

import pytest

from tasks.report.diagnosis import verdict_rules as faults
from tests.tasks.report.conftest import change, model

ALIKE = {seed: model(0.52, 0.69, answered=0.99) for seed in ("11", "12")}
SMALL = {"verdict": "not shown", "smallest_gain": 0.14}


def test_a_published_model_that_answers_with_one_class_is_named_with_the_seeds_that_do_so_too(facts):
    found = faults.one_class(facts(models=ALIKE))
    assert found and "answers `routine` for 99.0% of the validation rows, of which 52.0% have that label" in (
        found.evidence
    )
    assert "Of the other seeds 1 of 2 do the same." in found.evidence
    assert faults.one_class(facts()) is None
    assert faults.one_class(facts(models=ALIKE, published="13")) is None


RARE = {"validation.rows.train.classes": {"routine": 1500, "urgent": 100}}


@pytest.mark.parametrize(
    ("changes", "settings", "advice"),
    [
        (RARE, {}, "Set `finetuning.class_weights` to `balanced`"),
        (RARE, {"class_weights": "balanced", "head": "probed"}, "Lower `finetuning.learning_rate`, now 5e-05: try"),
        ({}, {"head": "random"}, "Set `finetuning.head` to `probed`"),
    ],
)
def test_what_to_try_against_one_class_hangs_on_what_was_not_tried(facts, changes, settings, advice):
    assert advice in faults.one_class(facts(changes, settings=settings, models=ALIKE)).change


def test_a_metric_by_which_the_published_model_is_clearly_worse_is_named(facts):
    worse = {"accuracy": change(0.01), "macro_f1": change(-0.159, p_holm=0.0001)}
    found = faults.worse_by_another_metric(facts(verdict="not shown", differences=worse))
    assert found and "clearly worse than tf-idf by macro F1 -0.159 (95% interval -0.179 to -0.139, p < 0.001)" in (
        found.evidence
    )
    assert faults.worse_by_another_metric(facts()) is None


def test_a_test_set_too_small_names_how_many_rows_would_do_and_the_seeds_apart(facts):
    found = faults.test_set_too_small(facts(**SMALL))
    assert found and "600 test rows show a gain of 14.0 points of accuracy or more, and 28.0 points" in found.evidence
    assert "about 2,400 would show 7.0 points of accuracy of this model" in found.change  # half takes four times
    assert "another training run gives: the 3 seeds here score 0.870 to 0.890." in found.change
    assert "another training run" not in faults.test_set_too_small(facts(**SMALL, seeds={"11": 0.88})).change
    assert "test rows from new groups:" in faults.test_set_too_small(facts(**SMALL, groups=60)).change


@pytest.mark.parametrize("verdict", ["adapted", "no worse", "harmed"])
def test_a_test_set_is_too_small_only_where_nothing_is_shown(facts, verdict):
    assert faults.test_set_too_small(facts(verdict=verdict, smallest_gain=0.14)) is None


def test_a_baseline_without_errors_makes_no_test_set_too_small(facts):
    perfect = {"majority": 0.5, "tf-idf": 1.0}
    assert faults.test_set_too_small(facts(verdict="not shown", rungs=perfect)) is None


def test_too_few_groups_ask_for_groups_and_not_for_rows(facts):
    found = faults.test_set_too_small(facts(verdict="too few groups", effective_groups=7.9))
    assert found and "The 600 test rows tell as much as 7 clusters of equal size" in found.evidence
    assert found.change == "Label test rows of more values of `validation.group` and `validation.cluster`."


def test_what_is_left_to_gain_of_a_cost_is_all_of_it(facts):
    costly = facts(**SMALL, primary="cost", rungs={"majority": 1.0, "tf-idf": 0.4})
    assert "a gain of 0.140 of cost or more, and 0.400 of cost are left" in faults.test_set_too_small(costly).evidence


def test_a_baseline_near_its_ceiling_is_advised_where_fine_tuning_did_not_help(facts):
    near = {"majority": 0.5, "tf-idf": 0.97}
    found = faults.baseline_near_its_ceiling(facts(verdict="not shown", rungs=near))
    assert found and "tf-idf, without fine-tuning, scores 0.970 by accuracy: 3.0 points" in found.evidence
    assert faults.baseline_near_its_ceiling(facts(rungs=near)) is None
    assert faults.baseline_near_its_ceiling(facts(verdict="not shown")) is None


def test_a_high_accuracy_where_one_class_has_nearly_all_rows_is_no_ceiling(facts):
    rare = {"majority": 0.97, "tf-idf": 0.975}
    assert faults.baseline_near_its_ceiling(facts(verdict="not shown", rungs=rare)) is None

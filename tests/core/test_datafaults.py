"""Each fault of the data speaks on a run that has it, with its numbers."""

import pytest

from core import datafaults as faults


def test_few_rows_per_class_are_named_as_a_count_and_no_measurement(facts):
    found = faults.too_few_rows(facts({"validation.rows.train.classes": {"routine": 11, "urgent": 9}}))
    assert found and "Training has 20 rows, 10 per class" in found.evidence and "not measured" in found.evidence
    assert faults.too_few_rows(facts({"validation.rows.train.classes": {"routine": 60, "urgent": 40}})) is None
    many = {f"intent {number}": 20 for number in range(77)}
    assert faults.too_few_rows(facts({"validation.rows.train.classes": many})) is None


def test_models_that_do_no_better_than_the_commonest_class_are_named(facts):
    guesses = {f"metrics.seeds.{seed}.validation_accuracy": 0.55 for seed in ("11", "12", "13")}
    found = faults.no_model_tells_the_classes(
        facts(guesses | {"metrics.ladder.frozen encoder": {"validation_accuracy": 0.56}})
    )
    assert found and "right on 56.0% of 400 validation rows" in found.evidence and "on 52.0%" in found.evidence
    assert faults.no_model_tells_the_classes(facts(guesses)) is None  # the frozen encoder tells them


def test_label_noise_is_a_share_of_doubted_rows_that_a_sound_run_does_not_reach(facts):
    found = faults.label_noise(facts(doubts=46, accuracy=0.87))
    assert found and "right on 87.0% of 400" in found.evidence and "the label of 46 (11.5%)" in found.evidence
    assert "merely hard" not in found.evidence
    assert faults.label_noise(facts(doubts=19)) is None


def test_weak_models_that_doubt_many_rows_are_said_to_be_weak(facts):
    found = faults.label_noise(facts(doubts=136, accuracy=0.58))
    assert found and "merely hard" in found.evidence


def test_models_that_do_not_tell_the_classes_doubt_nothing(facts):
    guesses = {f"metrics.seeds.{seed}.validation_accuracy": 0.53 for seed in ("11", "12", "13")}
    blind = {"metrics.ladder.frozen encoder.validation_accuracy": 0.5}
    assert faults.label_noise(facts(guesses | blind, doubts=190, accuracy=0.53)) is None


@pytest.mark.parametrize(
    ("rule", "place", "said"),
    [
        (faults.conflicting_rows, 0, "another label"),
        (faults.leaked_rows, 2, "later split"),
        (faults.leaked_rows, 3, "later split"),
    ],
)
def test_rows_set_aside_speak_from_one_in_a_hundred_on(facts, rule, place, said):
    found = rule(facts({f"validation.set_aside.{place}.rows": 26}))
    assert found and found.evidence.startswith("26 of 2600 rows") and said in found.evidence
    assert rule(facts({f"validation.set_aside.{place}.rows": 25})) is None


def test_truncation_speaks_where_one_training_text_in_ten_lost_its_end(facts):
    found = faults.truncation(facts({"tokenization.splits.train.truncated": 196}))
    assert found and "196 of 1952 training texts (10.0%) were cut to 128 tokens" in found.evidence
    assert faults.truncation(facts({"tokenization.splits.train.truncated": 190})) is None


def test_class_imbalance_takes_rare_rows_and_scores_that_suffer_from_them(facts):
    rare = {"validation.rows.train.classes": {"a|b": 1500, "urgent": 100}}
    found = faults.class_imbalance(facts(rare | {"metrics.finetuned": {"accuracy": 0.94, "macro_f1": 0.48}}))
    assert found and "1500 rows of `a\\|b` and 100 of `urgent`" in found.evidence and "0.480" in found.evidence
    assert faults.class_imbalance(facts(rare)) is None
    assert faults.class_imbalance(facts({"metrics.finetuned": {"accuracy": 0.94, "macro_f1": 0.48}})) is None

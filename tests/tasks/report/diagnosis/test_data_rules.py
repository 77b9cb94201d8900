"""Each fault of the data speaks on a run that has it, with its numbers."""

import pytest

from tasks.report.diagnosis import data_rules as faults
from tests.results import studied
from tests.tasks.report.conftest import model


def test_few_rows_per_class_are_named_as_a_count_and_no_measurement(facts):
    found = faults.too_few_rows(facts({"validation.rows.train.classes": {"routine": 11, "urgent": 9}}))
    assert found and "Training has 20 rows, 10 per class" in found.evidence and "not measured" in found.evidence
    assert faults.too_few_rows(facts({"validation.rows.train.classes": {"routine": 60, "urgent": 40}})) is None
    many = {f"intent {number}": 20 for number in range(77)}
    assert faults.too_few_rows(facts({"validation.rows.train.classes": many})) is None


FEW = {"validation.rows.train.classes": {"routine": 11, "urgent": 9}}
NO_FIT = {"gain": None, "more": None, "unpredicted": "five sizes are too few"}


def test_without_a_study_it_is_advised(facts):
    found = faults.too_few_rows(facts(FEW))
    assert found and "`make study`" in found.change


def test_rows_that_a_study_predicts_to_be_worth_having_are_advised_with_the_figure_however_many_there_are(facts):
    found = faults.too_few_rows(facts(studied=studied()))
    assert found and "+2.1 points of balanced accuracy (95% CI 0.4 to 3.7) from 340 more" in found.evidence
    assert faults.too_few_rows(facts(studied=studied(), margin=0.005)) is None


def test_a_flat_curve_advises_no_labelling(facts):
    assert faults.too_few_rows(facts(FEW, studied=studied(NO_FIT | {"flat": True}))) is None


@pytest.mark.parametrize("shown", [NO_FIT, {"gain.low": -0.01}])
def test_where_a_study_shows_neither_it_is_a_count_again(facts, shown):
    found = faults.too_few_rows(facts(FEW, studied=studied(shown)))
    assert found and "Training has 20 rows" in found.evidence and "does not show" in found.evidence
    assert faults.too_few_rows(facts(studied=studied(shown))) is None


def blind(accuracy: float, loss: float) -> dict[str, object]:
    """Return what makes the frozen encoder the best of models that guess."""
    guesses = {name: model(0.55, 0.7) for name in ("tf-idf", "11", "12", "13")}
    return {"models": guesses | {"frozen encoder": model(accuracy, loss)}}


def test_models_that_do_no_better_than_the_commonest_class_are_named(facts):
    found = faults.no_model_tells_the_classes(facts(**blind(0.56, 0.69)))
    assert found and "right on 56.0% of 400 validation rows" in found.evidence and "on 52.0%" in found.evidence


@pytest.mark.parametrize(("accuracy", "loss"), [(0.73, 0.7), (0.52, 0.6)])
def test_one_model_that_tells_them_by_its_accuracy_or_its_loss_is_enough(facts, accuracy, loss):
    assert faults.no_model_tells_the_classes(facts(**blind(accuracy, loss))) is None


def test_label_noise_is_a_share_of_doubted_rows_that_a_sound_run_does_not_reach(facts):
    found = faults.label_noise(facts(doubts=46, accuracy=0.87))
    assert found and "tf-idf, right on 87.0% of 400" in found.evidence
    assert "the label of 46 (11.5%)" in found.evidence
    assert "merely hard" not in found.evidence
    assert faults.label_noise(facts(doubts=19)) is None


def test_a_weak_model_that_doubts_many_rows_is_said_to_be_weak(facts):
    found = faults.label_noise(facts(doubts=136, accuracy=0.58))
    assert found and "merely hard" in found.evidence


def test_a_best_model_that_names_one_class_is_not_heard(facts):
    assert faults.label_noise(facts(doubts=190, accuracy=0.53, agreement=0)) is None


@pytest.mark.parametrize(
    ("rule", "place", "said"),
    [
        (faults.conflicting_rows, 0, "another label"),
        (faults.leaked_rows, 2, "later split"),
        (faults.leaked_rows, 3, "later split"),
    ],
)
def test_quarantined_rows_speak_from_one_in_a_hundred_on(facts, rule, place, said):
    found = rule(facts({f"validation.set_aside.{place}.rows": 27}))
    assert found and found.evidence.startswith("27 of 2690 rows") and said in found.evidence
    assert rule(facts({f"validation.set_aside.{place}.rows": 26})) is None


def test_near_twins_speak_from_one_scored_row_in_a_hundred_on(facts):
    found = faults.near_twins(facts(suspects=6))
    assert found and found.evidence.startswith("6 of 600 test rows (1.0%) have a near twin in an earlier split")
    assert faults.near_twins(facts(suspects=5)) is None


def test_truncation_speaks_where_one_training_text_in_ten_lost_its_end(facts):
    found = faults.truncation(facts({"tokenization.splits.train.truncated": 196}))
    assert found and "196 of 1952 training texts (10.0%) were cut to 128 tokens" in found.evidence
    assert "set `tokenization.long` to `head_tail` or `chunks`" in found.change
    assert faults.truncation(facts({"tokenization.splits.train.truncated": 190})) is None


@pytest.mark.parametrize(
    ("way", "texts", "said"),
    [("head_tail", 1, "model reads, set `tokenization.long` to `chunks`, or"), ("truncate", 2, "model reads, or")],
)
def test_of_what_was_cut_no_way_is_advised_that_is_taken_or_refused(facts, way, texts, said):
    cut = {"tokenization.splits.train.truncated": 196, "tokenization.long": way, "tokenization.texts": texts}
    found = faults.truncation(facts(cut))
    assert found and said in found.change


def test_class_imbalance_takes_rare_rows_and_scores_that_suffer_from_them(facts):
    rare = {"validation.rows.train.classes": {"a|b": 1500, "urgent": 100}}
    lagging = {"accuracy": 0.94, "macro_f1": 0.48}
    found = faults.class_imbalance(facts(rare, scores=lagging))
    assert found and "1500 rows of `a\\|b` and 100 of `urgent`" in found.evidence and "0.480" in found.evidence
    assert faults.class_imbalance(facts(rare)) is None
    assert faults.class_imbalance(facts(scores=lagging)) is None

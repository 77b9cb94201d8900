"""The verdict in plain sentences, for people."""

from core.reporting.headline import sentences
from tests.results import metrics

NOT_SHOWN = {
    "verdict": "not shown",
    "baseline.accuracy": 0.7,
    "finetuned.accuracy": 0.72,
    "finetuned.loss": 0.55,
    "difference.accuracy": {"estimate": 0.02, "low": -0.01, "high": 0.05, "p_value": 0.21, "p_holm": 0.3},
    "ladder.tf-idf.accuracy": 0.7,
    "ladder.frozen encoder.accuracy": 0.65,
    "gates.accuracy": {"min": 0.85, "value": 0.72, "passed": False},
    "gates.loss": {"max": 0.6, "value": 0.55, "passed": True},
}


def test_each_sentence_says_one_thing():
    verdict, difference, gates = sentences(metrics(NOT_SHOWN), 0.95)
    assert verdict == (
        "That fine-tuning on this domain helps is not shown: test accuracy goes from 70.0% "
        "(tf-idf, best on validation of the models without fine-tuning) to 72.0%; "
        "the pretrained model itself, its encoder frozen, reaches 65.0%."
    )
    assert difference == (
        "The difference is +2.0 points, 95% interval -1.0 to +5.0, p = 0.210; log loss goes from 0.600 to 0.550."
    )
    assert gates == (
        "The acceptance gates do not all hold: accuracy 0.720 is not at least 0.85, loss 0.550 is at most 0.6."
    )


def test_a_rung_that_does_better_on_test_than_all_that_were_chosen_is_named():
    verdict = sentences(metrics(NOT_SHOWN | {"ladder.majority.accuracy": 0.9}), 0.95)[0]
    assert verdict.endswith("reaches 65.0%. majority, which validation did not choose, has 90.0% right on test.")

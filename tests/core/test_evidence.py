"""The report's sections on the models."""

import pytest

from core import evidence, params


def test_the_epoch_kept_is_the_first_of_the_best(write_params):
    write_params({})
    epochs = [
        {"epoch": number, "validation_accuracy": accuracy} for number, accuracy in enumerate((0.8, 0.9, 0.9), start=1)
    ]
    assert "| 11 | 2 of 3 | 0.900 |" in evidence.training({"11": epochs}, params.load().finetuning)


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("full", "80% of each encoder is fine-tuned and 20% the general one"),
        ("lora", "80% of each encoder is fine-tuned, by a LoRA adapter (`finetuning.method`), and 20% the general one"),
        ("head", "The encoder stayed the general one"),
    ],
)
def test_how_far_the_encoder_was_drawn_back_is_said_where_it_was_trained(write_params, method, said):
    write_params({"finetuning.method": method, "finetuning.interpolation": 0.8})
    assert said in evidence.training({}, params.load().finetuning)


@pytest.mark.parametrize("method", ["full", "lora", "head"])
@pytest.mark.parametrize(("epochs", "said"), [(5, True), (2, False)])
def test_averaged_epochs_are_spoken_of_where_there_are_any(write_params, method, epochs, said):
    write_params({"finetuning.method": method, "finetuning.epochs": epochs, "finetuning.average_from": 2})
    text = evidence.training({}, params.load().finetuning)
    assert ("From epoch 2 on, an epoch's model is the mean of the weights" in text) == (said and method != "lora")


def certainty(seeds: int, groups: int) -> str:
    metrics = {
        "mcnemar": {"only_baseline_right": 1, "only_finetuned_right": 9, "p_value": 0.02},
        "finetuned": {"published_seed": 1},
        "seeds": {str(number): {} for number in range(seeds)},
        "test": {"rows": 20, "groups": groups},
        "smallest_gain": 0.1,
    }
    return evidence.certainty(metrics, params.load().evaluation)


def test_what_an_interval_speaks_of_hangs_on_the_number_of_seeds(write_params):
    write_params({})
    assert "It speaks of new rows and of the mean over as many new seeds: a single" in certainty(3, 20)
    assert "It speaks of new rows and of this one seed: another may differ." in certainty(1, 20)


def climb(low: float, high: float) -> str:
    score = {"accuracy": 0.8, "macro_f1": 0.8, "loss": 0.5, "validation_accuracy": 0.9}
    change = {"estimate": -0.1, "low": low, "high": high}
    metrics = {
        "ladder": {"tf-idf": score},
        "seeds": {"7": score},
        "baseline": {"name": "tf-idf"},
        "finetuned": {"published_seed": 7},
        "from_validation": {"baseline": change, "finetuned": change},
    }
    return evidence.ladder(metrics, 0.95)


def test_a_fall_from_validation_to_test_is_told_and_its_meaning_where_it_is_shown():
    assert "accuracy changes by -10.0 (-15.0 to -5.0) points for seed 7 and by -10.0" in climb(-0.15, -0.05)
    assert "So seed 7 does worse on test rows" in climb(-0.15, -0.05)
    assert "does worse on test rows" not in climb(-0.25, 0.05)


def test_that_groups_are_counted_whole_is_said_where_rows_share_one(write_params):
    write_params({})
    assert "whole groups, whose rows are not independent" in certainty(1, 10)
    assert "whose rows are not independent" not in certainty(1, 20)

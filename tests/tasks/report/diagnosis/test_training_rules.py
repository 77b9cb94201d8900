"""Each fault of training speaks on a run that has it, with its numbers."""

import pytest

from tasks.report.diagnosis import training_rules as faults

SOUND = [(0.62, 0.36), (0.26, 0.23), (0.15, 0.22)]


@pytest.mark.parametrize(
    ("curve", "rate"),
    [
        ([(102.8, 74.1), (78.0, 46.7), (20.0, 7.2)], 1.0),  # MiniLM on the sample at 1.0
        ([(1.11, 1.37), (1.3, 1.33), (1.16, 0.78)], 0.01),  # at 0.01
        ([(0.703, 0.696), (0.694, 0.694), (0.693, 0.695)], 0.001),  # at 0.001: it learns nothing
        ([(0.4, 0.41), (0.5, 0.52), (0.6, 0.6)], 5e-5),
    ],
)
def test_a_learning_rate_is_too_high_where_the_training_loss_explodes_rises_or_never_falls(facts, curve, rate):
    found = faults.learning_rate_too_high(facts(curves=(curve, curve, SOUND), settings={"learning_rate": rate}))
    assert found
    assert f"`finetuning.learning_rate`, now {rate:g}: try" in found.change
    assert "costs 0.693" in found.evidence


def test_a_training_loss_that_never_falls_is_no_sign_of_a_high_rate_where_the_rate_is_usual(facts):
    curve = [(0.695, 0.695), (0.694, 0.695), (0.693, 0.694)]
    assert faults.learning_rate_too_high(facts(curves=(curve,))) is None


def test_a_learning_rate_is_too_low_where_it_is_unusually_low_and_nothing_is_learnt(facts):
    curve = [(0.695, 0.695)] * 3  # MiniLM on the sample at 1e-7
    found = faults.learning_rate_too_low(facts(curves=(curve,), settings={"learning_rate": 1e-7}))
    assert found and "ends at 0.695" in found.evidence and "now 1e-07: try 0.0001" in found.change
    assert faults.learning_rate_too_low(facts(curves=(curve,))) is None
    assert faults.learning_rate_too_low(facts(settings={"learning_rate": 1e-7})) is None


def test_what_few_weights_learn_at_is_ten_times_the_usual_rate(facts):
    nothing = ([(0.695, 0.695)] * 3,)
    low = faults.learning_rate_too_low(facts(curves=nothing, settings={"learning_rate": 5e-5, "method": "lora"}))
    assert low and "now 5e-05: try 0.001" in low.change
    assert (
        faults.learning_rate_too_high(facts(curves=nothing, settings={"learning_rate": 5e-4, "method": "head"})) is None
    )


@pytest.mark.parametrize(
    ("curve", "said"), [([(0.6, 0.5), (0.5, 0.4)], "from 0.500 to 0.400"), ([(0.6, 0.5)], "from 0.690 to 0.500")]
)
def test_training_is_too_short_where_the_last_epoch_still_lowers_the_validation_loss(facts, curve, said):
    found = faults.training_too_short(facts(curves=(curve, curve)))
    assert found and said in found.evidence and f"`finetuning.epochs`, now {len(curve)}" in found.change


def test_any_fall_of_a_loss_above_the_frozen_encoders_is_training_too_short(facts):
    found = faults.training_too_short(facts(curves=([(0.69, 0.672)],)))
    assert found and "from 0.690 to 0.672" in found.evidence
    assert faults.training_too_short(facts(curves=([(0.69, 0.70)],))) is None


def test_an_epoch_that_lowers_a_loss_from_below_its_best_is_no_sign_of_training_too_short(facts):
    curve = [(0.6, 0.3), (0.5, 0.5), (0.4, 0.35)]
    assert faults.training_too_short(facts(curves=(curve,))) is None


def test_overfitting_is_a_validation_loss_that_rises_while_the_training_loss_falls(facts):
    curve = [(0.6, 0.5), (0.3, 0.4), (0.1, 0.7)]
    found = faults.overfitting(facts(curves=(curve,)))
    assert found and "from 0.400 at its lowest to 0.700" in found.evidence
    assert faults.overfitting(facts(curves=([(0.6, 0.5), (0.7, 0.7)],))) is None


@pytest.mark.parametrize(
    ("rule", "curve"),
    [
        (faults.learning_rate_too_high, [(9.0, 9.0), (8.0, 8.0)]),
        (faults.training_too_short, [(0.6, 0.5), (0.5, 0.4)]),
        (faults.overfitting, [(0.6, 0.5), (0.3, 0.9)]),
    ],
)
def test_one_seed_of_two_is_not_enough_to_speak(facts, rule, curve):
    assert rule(facts(curves=(curve, SOUND))) is None
    assert rule(facts(curves=(curve, curve)))


MANY = {"validation.rows.train.classes": {"common": 1500, **{f"rare {number}": 5 for number in range(20)}}}


def test_the_first_epochs_mean_which_holds_the_untrained_start_is_not_held_against_guessing(facts):
    curve = [(2.2, 0.5), (0.3, 0.4), (0.25, 0.35)]  # 21 uneven classes: a start near ln 21 = 3.04, guessing 0.50
    run = facts(MANY, curves=(curve,))
    assert run.guessing < 1
    assert faults.learning_rate_too_high(run) is None
    assert faults.fault(run)[0] == "training too short"


def test_a_later_epoch_above_guessing_is(facts):
    assert faults.learning_rate_too_high(facts(MANY, curves=([(2.2, 2.0), (2.0, 2.0), (0.3, 0.4)],)))


def test_of_a_single_epoch_the_validation_loss_at_its_end_is_held_against_guessing(facts):
    assert faults.learning_rate_too_high(facts(curves=([(9.0, 0.5)],))) is None
    found = faults.learning_rate_too_high(facts(curves=([(0.6, 0.9)],)))
    assert found and "the validation loss ends at 0.900" in found.evidence


@pytest.mark.parametrize(
    ("curve", "named"),
    [
        ([(9.0, 9.0), (8.0, 8.0)], "learning rate too high"),  # its validation loss falls, too
        ([(0.6, 0.3), (0.1, 0.7), (0.05, 0.6)], "overfitting"),
        ([(0.6, 0.5), (0.5, 0.4)], "training too short"),
        (SOUND, None),
    ],
)
def test_of_the_faults_of_training_one_alone_speaks(facts, curve, named):
    found = faults.fault(facts(curves=(curve,)))
    assert (found and found[0]) == named

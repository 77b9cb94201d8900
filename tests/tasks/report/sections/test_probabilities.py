"""The report's sections on probabilities, and on what can be left to the model."""

from types import SimpleNamespace

from tasks.report.document import rendered
from tasks.report.sections import probabilities
from tests.results import metrics, trust, within

TRUE, SURE = trust(0.02, 0.03, 0.0, 0.4), trust(0.08, 0.03, 0.07, 0.5)


def said(raw: dict, scaled: dict, change: dict) -> str:
    model = {"raw": raw, "temperature": 1.5, "scaled": scaled, "loss_change": change}
    found = probabilities.calibration(metrics({"calibration": {"baseline": model, "finetuned": model}}))
    return rendered("sections/calibration.md.j2", {"calibration": found, "level": "95%", "figure": str})


def test_probabilities_that_chance_explains_are_not_shown_to_be_wrong():
    written = said(TRUE, TRUE, within(0, 0.01))
    assert "seed 11: not shown to be wrong.** Chance can explain its calibration error of 0.020" in written


def test_overconfident_probabilities_say_by_how_much_and_what_mends_them():
    written = said(SURE, TRUE, within(-0.1, 0.02))
    assert "**fine-tuned, seed 11: no.** Its calibration error of 0.080 is more than chance explains." in written
    assert "It is overconfident: its mean probability minus its accuracy is +7.0 (+5.0 to +9.0) points." in written
    assert (
        "takes the log loss from 0.500 to 0.400 (change -0.120 to -0.080 nats): then they are not shown to be wrong."
        in written
    )
    assert "| the same, temperature 1.50 | 0.020 | 0.030 | 0.200 | 0.400 |" in written


def test_a_temperature_that_is_not_enough_or_does_not_help_is_said_so():
    assert "better, but still miscalibrated" in said(SURE, SURE, within(-0.1, 0.02))
    assert "A temperature does not mend that." in said(SURE, SURE, within(-0.01, 0.02))


def test_the_other_faults_have_their_own_words():
    timid, uneven = trust(0.08, 0.03, -0.07, 0.5), trust(0.08, 0.03, 0.0, 0.5)
    assert "It is underconfident" in said(timid, TRUE, within(-0.1, 0.02))
    assert "Its mean probability fits its accuracy" in said(uneven, TRUE, within(-0.1, 0.02))


def left(error: dict | None) -> str:
    kept = {"threshold": 0.91, "validation_coverage": 0.6, "rows": 240, "coverage": within(0.4, 0.1)}
    return section({"selection.finetuned": kept | {"error_rate": error}})


def section(changes: dict) -> str:
    used = SimpleNamespace(evaluation=SimpleNamespace(target_error=0.05))
    known = {"selection": probabilities.selection(metrics(changes)), "params": used, "figure": str}
    return rendered("sections/selection.md.j2", known)


def test_what_is_left_to_the_model_is_judged_on_test():
    assert "| 0.9100 | 60.0% | 40.0% (30.0% to 50.0%) | 3.0% (2.0% to 4.0%) | yes |" in left(within(0.03, 0.01))
    assert "| 6.0% (4.0% to 8.0%) | inconclusive (upper bound 8.0%) |" in left(within(0.06, 0.02))
    assert "| 8.0% (7.0% to 9.0%) | **no** |" in left(within(0.08, 0.01))
    assert "| 0.9100 | 60.0% | none | - | - |" in left(None)


def test_a_target_that_validation_does_not_show_leaves_nothing():
    assert "| fine-tuned, seed 11 | - | - | - | - | not shown on validation" in section({})

"""What more labels are predicted to bring, or why nothing is predicted."""

from dataclasses import replace

import numpy as np
import pytest

from core.decision.decision import Decision
from core.decision.gates import Gate
from study.curves import gates
from study.curves.evidence import Curves
from study.curves.forecasts import forecast, next_labels
from tests.study.curves.of_draws import curves

COUNTS = {"8 a class": 8, "16 a class": 16, "32 a class": 32, "64 a class": 64, "25%": 125, "50%": 250, "100%": 500}
SKILLS = {size: 0.9 - 0.3 * (count / 8) ** -0.5 for size, count in COUNTS.items()}


def study(skills=SKILLS, scatter=0.01, rows=1500, **decided) -> Curves:
    known = curves({"a": skills}, rows=rows, draws=5, scatter=scatter)
    return replace(
        known,
        drawn={size: np.array([count, count]) for size, count in COUNTS.items()},
        pool=np.array([500, 500]),
        decision=replace(known.decision, **decided),
    )


def told(known, asked=()):
    return forecast(known, "a", asked, gates.studied(known, asked))


def test_the_next_labels_of_a_smooth_curve_are_predicted():
    found = told(study())
    assert found.refused is None
    assert found.more.labels == 200
    truth = 0.3 * (500 / 8) ** -0.5 - 0.3 * (600 / 8) ** -0.5
    assert found.more.gain.low < truth < found.more.gain.high
    assert (found.line[0].labels, found.line[-1].labels, found.farthest) == (16, 4000, 4000)
    assert found.line[-1].score.low < 0.9 - 0.3 * (2000 / 8) ** -0.5 < found.line[-1].score.high


def test_of_a_cost_less_is_predicted_and_a_gain_is_above_0():
    known = study()
    costs = replace(known, decision=Decision("cost", classes=2, costs=1 - np.eye(2)))
    found, mirrored = told(costs), told(known)
    assert found.held_back.found == pytest.approx(1 - mirrored.held_back.found)
    assert found.line[-1].score.estimate == pytest.approx(1 - mirrored.line[-1].score.estimate)
    assert found.more.gain.estimate == pytest.approx(mirrored.more.gain.estimate)


def test_too_few_sizes_are_said_and_nothing_is_predicted():
    found = told(study({size: SKILLS[size] for size in ("8 a class", "16 a class", "25%", "100%")}))
    assert "a fit takes 5 sizes" in found.refused
    assert "there are 4" in found.refused
    assert (found.held_back, found.line, found.more) == (None, [], None)


def test_a_technique_that_was_not_tried_on_all_rows_says_nothing_of_more():
    found = told(study({size: skill for size, skill in SKILLS.items() if size not in ("50%", "100%")}))
    assert found.refused is None
    assert (found.more, found.farthest) == (None, 1000)
    assert found.line[-1].labels == 1000


def test_a_broken_curve_is_refused_with_the_size_that_broke_it():
    found = told(study(SKILLS | {"100%": 0.7}))
    assert "100%" in found.refused
    assert found.held_back.found < found.held_back.predicted.low
    assert (found.line, found.more) == ([], None)


def test_a_gate_that_no_size_keeps_is_predicted_or_lies_beyond_what_may_be():
    close, far = (Gate(metric="accuracy", at_least=bound) for bound in (0.858, 0.95))
    kept, lost = Gate(metric="accuracy", at_least=0.6), Gate(metric="topic_probe", at_most=0)
    needed, never = told(study(rows=6000), [close, kept, far, lost]).gates
    assert 1000 < needed.labels <= 4000
    assert needed.low <= needed.labels
    assert (never.refused, never.labels, never.low) == (None, None, None)


def test_a_gate_of_a_loss_is_predicted_from_above():
    (needed,) = told(study(), [Gate(metric="loss", at_most=0.45)]).gates
    assert needed.required == "at most 0.45"
    assert needed.refused is None
    assert needed.low is None or needed.low >= 1000


def test_a_gate_whose_curve_does_not_rise_is_refused():
    level = study({size: 0.7 for size in COUNTS})
    (needed,) = told(level, [Gate(metric="accuracy", at_least=0.8)]).gates
    assert "does not rise" in needed.refused


def test_the_next_labels_are_a_fifth_of_the_rows_in_two_digits():
    assert [next_labels(rows) for rows in (1, 47, 1600, 1949, 9007)] == [1, 9, 320, 390, 1800]

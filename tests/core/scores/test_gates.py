"""Gates hold the published model's interval, and not its estimate, against their bounds."""

import numpy as np
import pytest

from core.decision.gates import Gate
from core.scores.gates import judge
from core.scores.measuring import measure
from core.scores.slicing import Slicing
from tests import results
from tests.results import ASKED, BY, LABELS, ROWS, evidence, metrics, predicting

PROBED = results.forgetting({"seeds.11": results.FORGETTING["seeds"]["1"]})


def holds(gate: dict, of=None) -> bool:
    return judge([Gate(**gate)], of or metrics(), PROBED, "urgent")[0].passed


def test_the_end_of_the_interval_has_to_keep_the_bound():
    accuracy = metrics().published.of("accuracy")
    assert holds({"metric": "accuracy", "at_least": accuracy.low - 0.001})
    assert not holds({"metric": "accuracy", "at_least": (accuracy.low + accuracy.estimate) / 2})
    loss = metrics().published.of("loss")
    assert holds({"metric": "loss", "at_most": loss.high + 0.001})
    assert not holds({"metric": "loss", "at_most": (loss.high + loss.estimate) / 2})


def test_the_positive_class_is_meant_where_no_class_is_named():
    (judged,) = judge([Gate(metric="sensitivity", at_least=0.5)], metrics(), PROBED, "urgent")
    of_urgent = metrics().classes.published[1].sensitivity
    assert (judged.title, judged.found) == ("sensitivity of urgent", of_urgent)


def test_a_class_a_slice_calibration_and_the_topic_probe_can_be_asked_for():
    given = measure(
        evidence(), {"seen": Slicing(["no", "yes"], (np.arange(ROWS) < ROWS // 2).astype(int)), **BY}, ASKED
    )
    asked = [
        Gate(metric="specificity", of_class="routine", at_least=0.5),
        Gate(metric="accuracy", slice={"seen": "no"}, at_least=0.5),
        Gate(metric="calibration_in_the_large", at_most=0.5),
        Gate(metric="topic_probe", at_most=1.0),
    ]
    found = judge(asked, given, PROBED, "urgent")
    assert [each.passed for each in found] == [True] * 4
    assert found[1].title == "accuracy where seen is no"


def test_what_the_rows_do_not_show_keeps_no_bound():
    assert not holds({"metric": "accuracy", "slice": {"ward": "7"}, "at_least": 0.0})
    assert not holds({"metric": "weighted_kappa", "at_least": -1.0})
    assert not holds({"metric": "sensitivity", "of_class": "unknown", "at_least": 0.0})


@pytest.mark.parametrize("gate", [{"metric": "accuracy", "at_least": 0.1}, {"metric": "loss", "at_most": 9.0}])
def test_a_model_of_one_class_passes_no_gate(gate):
    found = measure(evidence(seeds={"11": predicting(None, 0)}), BY, ASKED)
    assert len(set(LABELS)) == 2 and not holds(gate, found)

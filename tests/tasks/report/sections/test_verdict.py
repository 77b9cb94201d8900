"""The report's sections on the verdict."""

from core.scores.tallied import METRICS
from tasks import params
from tasks.report.sections import verdict
from tests.conftest import PARAMS
from tests.results import metrics, model

PARAMETERS = params.load(PARAMS)


def certainty(seeds: int, groups: int) -> str:
    models = {str(number): model() for number in range(seeds)}
    return verdict.certainty(metrics({"seeds": models, "test.rows": 20, "test.groups": groups}), PARAMETERS.evaluation)


def test_what_an_interval_speaks_of_hangs_on_the_number_of_seeds():
    assert "It speaks of new rows and of the mean over as many new seeds: a single" in certainty(3, 20)
    assert "It speaks of new rows and of this one seed: another may differ." in certainty(1, 20)


def test_that_clusters_are_counted_whole_is_said_where_rows_share_one():
    assert "clusters as wholes, whose rows are not independent" in certainty(1, 10)
    assert "whose rows are not independent" not in certainty(1, 20)


def test_the_first_screen_compares_every_metric_with_its_intervals():
    written = verdict.first_screen(metrics(), "Notes.", "an/encoder", 0.95)
    sides = "0.720 (0.800 to 0.950) | 0.880 (0.800 to 0.950)"
    assert f"| accuracy | {sides} | **+0.160** (+0.140 to +0.180) | 0.020 |" in written
    assert all(f"| {metric.title} | " in written for metric in METRICS.values())


def test_a_gate_is_shown_with_what_it_asks_for_and_whether_it_holds():
    written = verdict.gates(metrics({"gates.loss": {"max": 0.5, "value": 0.6, "passed": False}}))
    assert "| accuracy | at least 0.85 | 0.880 | holds |" in written
    assert "| loss | at most 0.5 | 0.600 | **fails** |" in written

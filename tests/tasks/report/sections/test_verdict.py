"""The report's sections on the verdict."""

from core.scores.tallied import METRICS
from tasks import params
from tasks.report.document import rendered
from tasks.report.sections import verdict
from tests.conftest import PARAMS
from tests.results import metrics, model

PARAMETERS = params.load(PARAMS)


def certainty(seeds: int, groups: int) -> str:
    models = {str(number): model() for number in range(seeds)}
    found = metrics({"seeds": models, "test.rows": 20, "test.groups": groups})
    known = {"metrics": found, "params": PARAMETERS, "first_screen": verdict.compared(found)}
    return rendered("sections/certainty.md.j2", known)


def test_what_an_interval_covers_hangs_on_the_number_of_seeds():
    assert "It covers new rows and the mean of 3 retrained models on the same training data" in certainty(3, 20)
    assert "It covers new rows and this one seed: another may differ." in certainty(1, 20)


def test_that_clusters_are_counted_whole_is_said_where_rows_share_one():
    assert "The test is done per cluster" in certainty(1, 10)
    assert "The test is done per cluster" not in certainty(1, 20)


def test_every_metric_is_compared_with_its_intervals():
    compared = verdict.compared(metrics())
    assert [row.metric for row in compared] == [metric.title for metric in METRICS.values()]
    assert compared[0] == (
        "accuracy",
        "0.720 (0.800 to 0.950)",
        "0.880 (0.800 to 0.950)",
        "**+0.160** (+0.140 to +0.180)",
        "0.020",
    )


def test_a_gate_is_shown_with_what_it_asks_for_and_whether_it_holds():
    found = metrics({"gates.loss": {"max": 0.5, "value": 0.6, "passed": False}})
    written = rendered("sections/gates.md.j2", {"metrics": found, "fine_tuned": verdict.fine_tuned(found)})
    assert "| accuracy | at least 0.85 | 0.880 | holds |" in written
    assert "| loss | at most 0.5 | 0.600 | **fails** |" in written

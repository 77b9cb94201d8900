"""docs/metrics.md names every value of the reports with what it is."""

import json
from pathlib import Path

from core.base.messages import flat
from core.decision.scoring import METRICS
from core.scores.choice import chosen
from core.scores.metrics import Metrics
from tasks.metrics_document import text
from tests.results import FORGETTING, RUN

ROOT = Path(__file__).parents[2]


def test_every_key_of_the_reports_stands_there_as_a_field():
    metrics = json.loads((ROOT / "reports/metrics.json").read_text(encoding="utf-8"))
    choice = chosen(Metrics.model_validate(RUN)).model_dump()
    names = {name.split(".")[-1] for report in (metrics, choice, FORGETTING) for name, _ in flat(report)}
    of_the_run = set(metrics["seeds"]) | set(metrics["ladder"]) | set(FORGETTING["cka"]["seeds"])
    assert [name for name in sorted(names - of_the_run) if f"| `{name}` | " not in text()] == []


def test_a_type_that_stands_at_several_places_is_explained_once_with_all_of_them():
    assert text().count("### Trust\n\nAt `calibration.<side>.raw`, `calibration.<side>.scaled`.\n") == 1
    assert text().count("### Against\n\nAt `against.<name>`.\n") == 1


def test_each_metric_says_which_way_is_better():
    for name, metric in METRICS.items():
        assert f"| `{name}` | {metric.title} | {'higher' if metric.higher_is_better else 'lower'} | " in text()


def test_what_may_be_missing_is_said_so():
    assert "| `threshold` | number or null | " in text()
    assert "| `new_seed` | Interval or null | " in text()

"""Every number of metrics.json and forgetting.json, computed once more by code that shares nothing with ours.

tests/independent/ has that code: pandas, scikit-learn, scipy and statsmodels alone.
"""

import ast
import re
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.metrics import balanced_accuracy_score

from tests import drawn_runs
from tests.conftest import ROOT
from tests.independent import classes, probabilities, topic_probe
from tests.independent import metrics as independent_metrics
from tests.independent.finished_run import FinishedRun
from tests.independent.intervals import known
from tests.independent.models import Models
from tests.independent.slices import Slices

NOT_RECOMPUTED = {  # of what the run leaves, by where it stands: why not
    "cka/*": "the states of the encoders are not kept",
    "masked_loss": "the tiny encoder has no head for it; the probabilities of hidden tokens are not kept",
}
CLOSE = 1e-5


def measured(name: str) -> FinishedRun:
    drawn_runs.write(*drawn_runs.RUNS[name])
    return FinishedRun(Path())


def flat(values: object, place: str = "") -> dict[str, object]:
    """Return nested values by where they stand; what is empty stands there as such."""
    inner = dict(enumerate(values)) if isinstance(values, list) else values
    if not isinstance(inner, dict) or not inner:
        return {place: values}
    return {name: leaf for key, each in inner.items() for name, leaf in flat(each, f"{place}/{key}".strip("/")).items()}


def unlike(found: object, expected: object) -> bool:
    number = isinstance(expected, (int, float, np.number)) and not isinstance(expected, (bool, np.bool_))
    return bool(found != (pytest.approx(expected, abs=CLOSE) if number and found is not None else expected))


def disagreements(published: object, computed: object) -> list[str]:
    """Return each value that an independent computation has otherwise, or that none has and no reason excuses."""
    found, expected = flat(published), flat(computed)
    wrong = [
        f"{place} is {found.get(place, 'not there')}, and {value} by an independent computation"
        for place, value in expected.items()
        if place not in found or unlike(found[place], value)
    ]
    unknown = [
        place for place in found if place not in expected and not any(fnmatch(place, known) for known in NOT_RECOMPUTED)
    ]
    return wrong + [f"{place} has no independent computation" for place in unknown]


def recomputed(run: FinishedRun) -> dict[str, object]:
    published = run.result("metrics.json")
    parts = [Models(run).expected(), classes.expected(run), probabilities.expected(run, published)]
    return {"slices": Slices(run).expected()} | {name: value for part in parts for name, value in part.items()}


def first_screen(run: FinishedRun) -> dict[str, list[str]]:
    """Return the numbers of the report's first screen by how its parts begin; those of the answer as `answer`."""
    screen = (run.folder / "reports/report.md").read_text(encoding="utf-8").partition("<picture>")[0]
    said = {"answer": numbers(screen.splitlines()[2])}
    for name, text in re.findall(r"^- \*\*(.+?)\.\*\* (.+)$", screen, re.MULTILINE):
        said[name] = said.get(name, []) + numbers(text)
    return said


def numbers(text: str) -> list[str]:
    return re.findall(r"(?<![\w`-])[-+]?\d[\d,]*(?:\.\d+)?%?", text)


def all_of(interval: dict[str, float], form: str, times: float = 1) -> list[str]:
    return [form.format(times * interval[name]) for name in ("estimate", "low", "high")]


def literal_jackknife(run: FinishedRun, table: np.ndarray) -> float:
    """Return the standard error of balanced accuracy, each group left out in turn."""
    labels, groups, called = run.labels[run.split], run.groups[run.split], table.argmax(1)
    without = [balanced_accuracy_score(labels[groups != each], called[groups != each]) for each in set(groups)]
    return float(np.sqrt(((np.array(without) - balanced_accuracy_score(labels, called)) ** 2).sum()))


def test_the_independent_computation_imports_none_of_our_code():
    for path in (ROOT / "tests/independent").glob("*.py"):
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [name.name for name in each.names] if isinstance(each, ast.Import) else []
            names += [str(each.module)] if isinstance(each, ast.ImportFrom) else []
            ours = [name for name in names if name.split(".")[0] in ("core", "tasks", "flows", "benchmarks", "tests")]
            assert all(name.startswith("tests.independent") for name in ours), path


@pytest.mark.parametrize("name", drawn_runs.RUNS)
def test_metrics_json_of_more_rows(name):
    run = measured(name)
    assert disagreements(run.result("metrics.json"), recomputed(run)) == []


def test_the_error_of_the_primary_metric_is_that_of_leaving_out_each_group():
    run = measured("two classes")
    table = run.seeds[run.published]["test"]
    moves = independent_metrics.moves(run, "balanced_accuracy", run.labels["test"], table)
    alone = known(moves._replace(added=0), run.groups["test"])
    assert alone.error == pytest.approx(literal_jackknife(run, table), abs=CLOSE)


def test_a_changed_value_and_one_that_nobody_computes_anew_are_told():
    published = {"rows": 8, "classes": [{"name": "a", "low": 0.5}], "positive": None, "cka": {"1": 0.4}}
    computed = {"rows": 8, "classes": [{"name": "a", "low": 0.5}], "positive": None}
    assert disagreements(published, computed) == []
    for changed in ({"rows": 9}, {"classes": [{"name": "a", "low": 0.50002}]}, {"positive": 0.1}, {"added": 1}):
        assert len(disagreements(published | changed, computed)) == 1
    assert len(disagreements({"rows": 8}, computed)) == 3


def test_metrics_json_of_a_whole_run(finished):
    run = FinishedRun(finished.folder)
    assert disagreements(run.result("metrics.json"), recomputed(run)) == []


def test_the_topic_probe_of_a_whole_run(finished):
    run = FinishedRun(finished.folder)
    section = yaml.safe_load((run.folder / "params.yaml").read_text(encoding="utf-8"))["forgetting"]
    assert disagreements(run.result("forgetting.json"), topic_probe.expected(run, section)) == []


def test_the_first_screen_says_what_metrics_json_holds(finished):
    run = FinishedRun(finished.folder)
    metrics, probed, said = run.result("metrics.json"), run.result("forgetting.json"), first_screen(run)
    assert metrics["verdict"] == "too few groups"
    gain, low, high = all_of(
        min((each["gain"] for each in metrics["against"].values()), key=lambda gain: gain["estimate"]), "{:.1f}", 100
    )
    signed = gain if gain.startswith("-") else f"+{gain}"
    assert said["answer"] == [str(metrics["rows"]["groups"]), "36", signed, "95%", low, high]  # 36 are needed
    shares = partial(all_of, form="{:.1f}%", times=100)
    seed = str(metrics["published_seed"])
    published, majority = metrics["seeds"][seed]["scores"], metrics["ladder"]["majority"]["scores"]
    scores = [*shares(published["balanced_accuracy"]), shares(majority["balanced_accuracy"])[0]]
    assert said["Scores"] == scores + shares(metrics["new_seed"])[1:] + [str(len(metrics["seeds"]))]
    positive, before = metrics["positive"]["published"], metrics["positive"]["baseline"]
    assert said["Missed"] == [
        "1,000",
        f"{1000 * positive['prevalence']['estimate']:.0f}",
        *all_of(positive["missed_per_1000"], "{:.0f}"),
        *all_of(positive["false_alarms_per_1000"], "{:.0f}"),
        *shares(positive["sensitivity"]),
        shares(before["sensitivity"])[0],
    ]
    assert said["General ability"] == [*all_of(probed["seeds"][seed]["rise"], "{:+z.3f}"), f"{probed['margin']:.3f}"]
    assert said["Leakage"][:1] == ([str(metrics["leakage"]["suspects"])] if metrics["leakage"]["suspects"] else [])
    assert said["Test rows"] == ["1", str(metrics["rows"]["rows"])]
    assert positive["called"] in (0, metrics["rows"]["rows"])  # a constant model passes no gate
    assert said["Gates"] == ["4", "4", "0.85"]  # the first of many
    worse = [all_of(change, "{:+.3f}") for change in metrics["difference"].values() if change]
    few = [str(rows) for rows in metrics["slices"]["rare_classes"].values()]
    assert said["Warning"][: len(few)] == few
    assert set(said["Warning"][len(few) :]) <= {number for change in worse for number in change}

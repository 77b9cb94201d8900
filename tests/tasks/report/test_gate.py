"""`make gate`: what a machine that deploys asks."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.base import paths, results
from tests import counts
from tests.results import forgetting
from tests.round_results import against, metrics, model

ROOT = Path(__file__).parents[3]
GATES = [{"metric": "balanced_accuracy", "at_least": 0.85}, {"metric": "loss", "at_most": 0.55}]
DVC = (sys.executable, "-m", "dvc")
WORSE = {"against.tf-idf": against(0.01)}


@pytest.fixture
def asked(write_params):
    """Return what the gate answers of the metrics of a run, some values of it changed."""

    def ask(
        gates: list[dict], positive: str | None = "urgent", **changes: object
    ) -> "subprocess.CompletedProcess[str]":
        write_params({"evaluation.gates": gates, "evaluation.positive": positive})
        results.write(paths.METRICS, metrics({"published_seed": 1, "seeds": {"1": model(0.88)}} | changes))
        results.write(paths.FORGETTING, forgetting())
        results.write(paths.VALIDATION_COUNTS, counts.validated({"train": 8, "validation": 8, "test": 8}))
        subprocess.run([*DVC, "init", "--quiet", "--no-scm", "--force"], check=True)
        Path("dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
        return gate()

    return ask


def gate() -> "subprocess.CompletedProcess[str]":
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PATH": path}
    command = [sys.executable, "-m", "tasks.report.gate"]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    ("changes", "gates", "said"),
    [
        ({}, GATES, []),
        ({}, [], []),
        ({}, [{"metric": "accuracy", "at_least": 0.87}], ["the gate accuracy fails: 0.880 (0.860 to 0.900) is not at"]),
        ({"verdict": "not shown"} | WORSE, GATES, ["the verdict is not shown. Not shown: +1.0 points of balanced acc"]),
        ({"split": "validation"}, GATES, ["the test split is sealed: reports/metrics.json holds validation scores"]),
    ],
)
def test_it_is_open_where_the_verdict_is_adapted_and_every_gate_holds_and_otherwise_says_why(
    asked, changes, gates, said
):
    done = asked(gates, **changes)
    assert done.returncode == (1 if said else 0), done.stderr
    assert all(reason in done.stderr for reason in said)
    assert ("the gate is open: Yes: +16.0 points of balanced accuracy" in done.stdout) == (not said)
    assert "Traceback" not in done.stderr


def test_a_gate_of_a_class_where_none_is_named_says_what_is_missing(asked):
    done = asked([{"metric": "sensitivity", "at_least": 0.8}], positive=None)
    assert "the gate sensitivity fails: it is of a class, and evaluation.positive is null: name one, {me" in done.stderr
    named = asked([{"metric": "sensitivity", "of_class": "urgent", "at_least": 0.1}], positive=None)
    assert named.returncode == 0, named.stderr


def test_without_metrics_it_is_shut(write_params):
    write_params({})
    done = gate()
    assert done.returncode == 1
    assert "reports/metrics.json is missing" in done.stderr


def test_it_is_shut_while_its_numbers_are_of_other_parameters(committed):
    written = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(re.sub("margin: .*", "margin: 0.5", written, count=1), encoding="utf-8")
    done = gate()
    assert done.returncode == 1
    assert "the reports are stale: evaluation.margin of evaluation changed since: `dvc repro`" in done.stderr
    assert "the verdict" not in done.stderr  # which was by another margin


def test_without_dvc_nothing_tells_of_what_the_numbers_are(asked):
    assert asked(GATES).returncode == 0
    shutil.rmtree(".dvc")
    assert "nothing tells of what the reports are (dvc: ERROR: you are not inside of a DVC rep" in gate().stderr

"""`make gate`: what a machine that deploys asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.base import paths, results
from tests.results import metrics

ROOT = Path(__file__).parents[3]


def write_metrics(verdict: str, accuracy: float, loss: float) -> None:
    """Write the metrics of a run with this verdict and these scores."""
    changes = {
        "verdict": verdict,
        "difference.accuracy": {"estimate": 0.01, "low": -0.012, "high": 0.034, "p_value": 0.3, "p_holm": 0.3},
        "gates.accuracy": {"min": 0.85, "value": accuracy, "passed": accuracy >= 0.85},
        "gates.loss": {"max": 0.5, "value": loss, "passed": loss <= 0.5},
    }
    results.write(paths.METRICS, metrics(changes))


def asked() -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "tasks.report.gate"], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (("adapted", 0.9, 0.3), []),
        (("adapted", 0.85, 0.6), ["the gate loss fails: 0.600 is not at most 0.5"]),
        (("not shown", 0.9, 0.3), ["the verdict is not shown: the 95% interval of the accuracy difference is -1.2 to"]),
        (
            ("harmed", 0.8, 0.6),
            ["the verdict is harmed", "the gate accuracy fails: 0.800 is not at least 0.85", "the gate loss fails"],
        ),
    ],
)
def test_it_is_open_where_the_verdict_is_adapted_and_every_gate_holds_and_otherwise_says_why(write_params, found, said):
    write_params({})
    write_metrics(*found)
    done = asked()
    assert done.returncode == (1 if said else 0)
    assert all(reason in done.stderr for reason in said)
    assert ("the gate is open" in done.stdout) == (not said)
    assert "Traceback" not in done.stderr


def test_gates_that_changed_since_the_metrics_were_written_are_not_answered_from_these(write_params):
    write_params({"evaluation.gates.accuracy": 0.99})
    write_metrics("adapted", 0.9, 0.3)
    done = asked()
    assert done.returncode == 1
    assert "are not those that reports/metrics.json was written with: `dvc repro`" in done.stderr


def test_without_metrics_it_is_shut(write_params):
    write_params({})
    done = asked()
    assert done.returncode == 1
    assert "reports/metrics.json is missing" in done.stderr

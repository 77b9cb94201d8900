"""`make run` says where the gate on private data is not installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tasks.privacy.installed import MISSING, is_installed

ROOT = Path(__file__).parents[3]


def test_it_says_what_to_install_where_the_gate_cannot_run():
    ran = subprocess.run(
        [sys.executable, "-m", "tasks.privacy.installed"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == ((0, "") if is_installed() else (1, f"{MISSING}\n"))


def test_a_machine_without_its_packages_is_told_by_the_gate_too():
    code = (
        "import sys, importlib.util as util; found = util.find_spec; "
        "util.find_spec = lambda name, *rest: None if name == 'presidio_analyzer' else found(name, *rest); "
        "import runpy; runpy.run_module('tasks.privacy', run_name='__main__')"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert MISSING in ran.stderr
    assert "Traceback" not in ran.stderr


def recipe(target: str) -> list[str]:
    """Return the commands that `make` would run for a target, without running them."""
    shown = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True)
    return shown.stdout.splitlines()


def test_make_run_says_it():
    assert any("tasks.privacy.installed" in line for line in recipe("run"))


@pytest.mark.parametrize(("target", "published_by"), [("push", "dvc push"), ("hub", "python -m tasks.hub")])
def test_it_is_asked_before_anything_leaves_this_machine(target, published_by):
    commands = recipe(target)
    (gate,) = [number for number, line in enumerate(commands) if "python -m tasks.privacy" in line]
    (last,) = [number for number, line in enumerate(commands) if line.strip().startswith(published_by)]
    assert gate < last

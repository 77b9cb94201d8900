"""`make run` says where the gate on private data is not installed."""

import subprocess
import sys
from pathlib import Path

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


def test_make_run_says_it():
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\nrun:")[1].split("\n\n")[0]
    assert "tasks.privacy.installed" in recipe

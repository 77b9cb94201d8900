"""What is typed behind `make data`, and what reaches the command."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.tasks.data.conftest import problem, rows

pytestmark = pytest.mark.usefixtures("project")


def made(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `make data` where python is a script that prints its arguments, a line each."""
    shutil.copy(ROOT / "Makefile", "Makefile")
    Path(".venv/bin").mkdir(parents=True, exist_ok=True)
    for name, script in {"python": "printf '%s\\n' \"$@\"", "dvc": ":"}.items():
        Path(".venv/bin", name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        Path(".venv/bin", name).chmod(0o755)
    command = ["make", "--assume-old=.venv/installed", "data", *words]
    outside = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(command, capture_output=True, text=True, env=outside)


def test_names_reach_the_command_as_they_were_typed():
    Path("mine/notes (1).csv").touch()
    arguments = made("FILES=mine/notes*.csv 'b c'", 'TEXT=my "note"', "LABEL=class; exit").stdout.splitlines()
    assert arguments[arguments.index("tasks.data") :] == [
        *("tasks.data", "mine/notes (1).csv", "'b", "c'"),
        *("--text", 'my "note"', "--label", "class; exit", "--group", ""),
    ]


@pytest.mark.parametrize("name", ["note ($)", "patient's", 'the "note"', "a # b", "$(shell exit)$$", "back\\"])
def test_the_proposed_command_names_columns_when_it_is_typed(name):
    rows("x").rename(columns={"note": name}).to_csv("mine/my x.csv", index=False)
    command = re.findall("`([^`]+)`", problem("mine/my x.csv"))[0]
    arguments = made(*shlex.split(command)[2:]).stdout.splitlines()
    assert arguments[arguments.index("tasks.data") :] == [
        *("tasks.data", "mine/my", "x.csv", "--text", name, "--label", "class", "--group", "")
    ]


def test_variables_of_the_environment_are_no_options(monkeypatch):
    for name in ("FILES", "GROUP", "RECIPE", "PORT"):
        monkeypatch.setenv(name, "staff")
    arguments = made("FILES=a.csv", "TEXT=note", "LABEL=class").stdout.splitlines()
    assert arguments[arguments.index("tasks.data") :] == [
        *("tasks.data", "a.csv", "--text", "note", "--label", "class", "--group", "")
    ]
    dry = made("--dry-run", "run", "ui").stdout
    assert "--port 4200" in dry and "staff" not in dry


def test_an_option_that_make_does_not_know_is_refused_and_not_passed_over():
    refused = made("FILES=a.csv", "TEXT=note", "LABEL=class", "Group=patient")
    assert refused.returncode and not refused.stdout
    assert "there is no option Group; known are" in refused.stderr

"""In a log a line says now and then how far a stage is; in a terminal a bar does."""

import os
import pty
import subprocess
import sys
import termios

import pytest

from core.base import progress
from tests.conftest import ROOT

SCRIPT = """
from core.base.progress import progress
with progress("tokenization", 4) as advance:
    for _ in range(4):
        advance(1)
"""


def test_a_log_has_a_line_when_it_is_due(monkeypatch, capsys):
    for pause, said in ((0.0, ["tokenization: 3/4 rows", "tokenization: 4/4 rows"]), (60.0, [])):
        monkeypatch.setattr(progress, "PAUSE", pause)
        with progress.progress("tokenization", 4) as advance:
            advance(3)
            advance(1)
        told = capsys.readouterr()
        assert (told.out.splitlines(), told.err) == (said, "")


def test_the_last_line_of_a_log_is_the_whole_unless_an_error_ends_it(monkeypatch, capsys):
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    with progress.progress("tokenization", 4) as advance:
        advance(3)
        monkeypatch.setattr(progress, "PAUSE", 60.0)
        advance(1)
    assert capsys.readouterr().out.splitlines() == ["tokenization: 3/4 rows", "tokenization: 4/4 rows"]
    monkeypatch.setattr(progress, "PAUSE", 0.0)
    with pytest.raises(KeyError), progress.progress("tokenization", 4) as advance:
        advance(1)
        monkeypatch.setattr(progress, "PAUSE", 60.0)
        advance(1)
        raise KeyError
    assert capsys.readouterr().out.splitlines() == ["tokenization: 1/4 rows"]


def test_a_terminal_has_a_bar():
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-c", SCRIPT], check=True, stdout=theirs, stderr=theirs, env=environment | {"TERM": "xterm"}
    )
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "tokenization" in shown and "100%" in shown and "4 rows" not in shown

"""What the stages of a run share."""

import subprocess
import sys
import threading

from flows.shared_workspace import sharing
from tests.conftest import ROOT

WITHOUT_AFFINITY = """
import os, sys, threading
del os.sched_getaffinity  # as on macOS
from pathlib import Path
from flows.shared_workspace import sharing
with sharing(Path(sys.argv[1]), "test", threading.Event()) as workspace:
    assert workspace.places.acquire(blocking=False)
"""


def test_a_place_that_a_stage_has_left_early_is_free_from_then_on_and_given_back_once(foreign):
    with sharing(foreign.folder, "test", threading.Event(), workers=1) as workspace:
        with workspace.place() as leave:
            leave()
            with workspace.place():
                assert not workspace.places.acquire(blocking=False)
        assert workspace.places.acquire(blocking=False)
        assert not workspace.places.acquire(blocking=False)


def test_where_the_system_does_not_tell_which_cores_are_ours_there_is_a_place_all_the_same(foreign):
    subprocess.run([sys.executable, "-c", WITHOUT_AFFINITY, foreign.folder], check=True, cwd=ROOT)


def test_a_container_that_is_given_one_core_runs_one_stage_at_a_time(foreign, monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # joblib's, in place of the limit that the system would tell it
    with sharing(foreign.folder, "test", threading.Event()) as workspace:
        assert workspace.places.acquire(blocking=False)
        assert not workspace.places.acquire(blocking=False)

"""`dvc` commands without their start-up behave as if they had been started."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from flows import dvc_forks
from flows.subprocesses import Stopped
from flows.warm_dvc import Forked, WarmDvc, early, forking
from tests.flows.conftest import ROOT


@pytest.fixture
def dvc() -> Iterator[WarmDvc]:
    with closing(WarmDvc(threading.Event())) as warm:
        yield warm


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["dvc", "init", "--no-scm", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "dvc.yaml").write_text(
        "stages:\n"
        "  said: {cmd: 'pwd; echo $MORE; echo wrong >&2; echo $$ > pid; exit 3'}\n"
        "  slow: {cmd: 'touch begun; sleep 60'}\n"
    )
    monkeypatch.setenv("MORE", "of the environment")
    return tmp_path


def forks() -> list[psutil.Process]:
    """Return the processes of ours that fork."""
    return [each for each in psutil.Process().children() if dvc_forks.__file__ in each.cmdline()]


def test_a_command_says_and_ends_as_if_it_had_been_started(dvc, project):
    command = ["dvc", "repro", "--single-item", "said"]
    warm = dvc.start(project, command, ())
    assert isinstance(warm, Forked)
    lines = warm.stdout.read().decode().splitlines()
    assert f"{project}" in lines and "of the environment" in lines
    assert "wrong" in warm.stderr.read().decode().splitlines()
    assert warm.wait() == subprocess.run(command, cwd=project, capture_output=True).returncode != 0
    assert warm.poll() == warm.wait(), "it is told as often as it is asked"


def test_a_command_has_a_group_of_its_own_that_is_ended_as_a_whole(dvc, project):
    running = dvc.start(project, ["dvc", "repro", "--single-item", "slow"], ())
    assert running.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(0.01)
    while not (project / "begun").exists():
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL


def test_a_command_inherits_the_open_files_that_it_is_given(dvc, project, tmp_path):
    reader, writer = os.pipe()
    running = dvc.start(project, ["dvc", "repro", "--single-item", "slow"], (writer,))
    os.close(writer)
    os.set_blocking(reader, False)
    with pytest.raises(BlockingIOError):  # the command has it open
        os.read(reader, 1)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_command_that_waits_for_dvcs_lock_sleeps_until_it_is_free(dvc, project):
    with (project / ".dvc/tmp/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        running = dvc.start(project, ["dvc", "--wait-for-lock", "status"], ())
        process = psutil.Process(running.pid)

        def woken() -> int:
            before = process.num_ctx_switches().voluntary
            time.sleep(1.2)
            return process.num_ctx_switches().voluntary - before

        assert any(woken() == 0 for _ in range(20)), "DVC itself asks twice a second"
        assert running.poll() is None
    assert running.wait(240) == 0


PATIENT = "from flows import dvc_forks as d; d.PATIENCE = 0.1; d.wait_without_asking(); d.fcntl.flock(0, 6)"


def test_a_command_that_waits_for_long_says_so(tmp_path):
    with (tmp_path / "lock").open("w") as lock, (tmp_path / "lock").open() as same:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, "-c", PATIENT]
        waiting = subprocess.Popen(command, cwd=ROOT, stdin=same, stderr=subprocess.PIPE, text=True)
        assert waiting.stderr.readline() == f"{dvc_forks.WAITS}\n"
    assert waiting.wait(240) == 0


def test_a_run_that_is_cancelled_waits_for_no_answer_while_another_command_has_dvcs_lock(dvc, project):
    with (project / ".dvc/tmp/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        threading.Timer(1, dvc.stopping.set).start()
        with pytest.raises(Stopped):
            dvc.output(project, "dvc", "--wait-for-lock", "status")


def test_where_the_process_that_forks_was_killed_commands_are_started_without_it(dvc, project):
    dvc.start(project, ["dvc", "version"], ()).wait()
    (process,) = forks()
    process.kill()
    process.wait()
    plain = dvc.start(project, ["dvc", "--version"], ())
    assert plain.wait() == 0
    assert plain.stdout.read().decode().strip()


def test_the_process_that_forks_ends_with_its_last_user(project):
    with closing(WarmDvc(threading.Event())) as dvc:
        dvc.start(project, ["dvc", "--version"], ()).wait()
        (process,) = forks()
    assert not process.is_running()


def test_a_process_that_was_started_before_is_taken(project):
    started = forking()
    early.append(started)
    with closing(WarmDvc(threading.Event())) as dvc:
        assert early == []
        assert dvc.output(project, "dvc", "--version")
        assert [process.pid for process in forks()] == [started.process.pid]
    assert started.process.poll() == 0

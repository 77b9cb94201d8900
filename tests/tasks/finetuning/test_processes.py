"""Several processes work together, and what one of them raises arrives once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from torch import distributed

from core.base.errors import UserError
from tasks.finetuning.processes import together


def meet() -> list[int]:
    distributed.init_process_group("gloo")
    met = [0] * distributed.get_world_size()
    distributed.all_gather_object(met, distributed.get_rank())
    return met


def fail(kind: str, *patient: str) -> None:
    if os.environ["RANK"] in patient:
        time.sleep(900)
    raise UserError("first\nof all", "second") if kind == "user" else ZeroDivisionError("ours")


def test_one_process_is_this_one():
    assert together(1, os.getpid) == os.getpid()


def test_two_processes_reach_each_other_and_the_first_one_answers():
    assert together(2, meet) == [0, 1]


def test_what_the_user_can_mend_arrives_as_it_was(capfd):
    started = time.monotonic()
    with pytest.raises(UserError) as caught:
        together(2, fail, "user", "0")
    assert caught.value.problems == ("first", "of all", "second")
    assert time.monotonic() - started < 800  # the other process was not waited for
    assert "Traceback" not in capfd.readouterr().err


def test_a_fault_of_ours_arrives_with_its_traceback():
    with pytest.raises(RuntimeError, match="in fail\n(?s:.*)ZeroDivisionError: ours"):
        together(2, fail, "ours", "0")


def test_what_both_processes_raise_arrives_once():
    with pytest.raises(UserError) as caught:
        together(2, fail, "user")
    assert caught.value.problems == ("first", "of all", "second")


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_where_the_launcher_is_ended_its_processes_end_too(by):
    work = "import os, time; os.write(1, b'begun\\n'); time.sleep(300)"  # whole lines, whoever writes beside it
    code = f"from tasks.finetuning.processes import together; together(2, exec, {work!r})"
    path = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    launcher = subprocess.Popen([sys.executable, "-c", code], env=path, start_new_session=True, **pipes)
    assert [launcher.stdout.readline() for _ in range(2)] == ["begun\n", "begun\n"]
    workers = psutil.Process(launcher.pid).children(recursive=True)
    (os.killpg if by == signal.SIGINT else os.kill)(launcher.pid, by)  # Ctrl-C reaches every process of the terminal
    assert launcher.wait(60) == (-by if by == signal.SIGKILL else 128 + by)
    assert psutil.wait_procs(workers, timeout=60)[1] == []
    assert "Traceback" not in launcher.communicate()[1]

"""Slots of a concurrency limit of the server."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from core.base.errors import UserError
from flows import slots
from flows.prefect_server import api, serving
from flows.slots import LEASE, slot
from flows.subprocesses import Stopped
from tests.conftest import ROOT
from tests.flows.conftest import a_minute_goes_by


def test_without_a_limit_nobody_waits_and_whoever_is_stopped_waits_no_longer(server, monkeypatch):
    monkeypatch.setattr(slots, "TURN", 0.5)
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name("one", 1)

    @flow
    def holding() -> None:
        with slot("unlimited", lambda: False), slot("unlimited", lambda: False), slot(None, lambda: False):
            pass
        with slot("one", lambda: False), pytest.raises(Stopped), slot("one", lambda: True):
            pass
        with slot("one", lambda: False):  # it was given back
            pass

    holding()


def test_a_slot_that_nothing_holds_is_freed_by_the_command_that_whoever_waits_is_told(server, monkeypatch):  # case 2
    monkeypatch.setenv("PREFECT_API_URL", server)
    subprocess.run(["prefect", "gcl", "create", "killed", "--limit", "1"], check=True, capture_output=True)
    first = holder(3600, "killed", lease=3600)  # so that no lease ends meanwhile, and frees it
    assert any(line == "held\n" for line in first.stdout)
    first.kill()
    first.communicate()
    second = holder(0, "killed")
    said = ""
    while "` frees them" not in said and second.poll() is None:
        said += second.stdout.readline()
    subprocess.run(re.search("`(prefect .+?)` frees them", said)[1].split(), check=True, capture_output=True)
    said, _ = second.communicate(timeout=240)
    assert "held" in said


def test_a_limit_without_a_slot_is_named_with_the_commands_that_help(server, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", server)
    subprocess.run(["prefect", "gcl", "create", "no card", "--limit", "0"], check=True, capture_output=True)

    @flow
    def holding() -> None:
        with slot("no card", lambda: False):
            pass

    with pytest.raises(UserError, match="'no card' has no slot: `(.+?)` gives it one") as error:
        holding()
    command = shlex.split(re.search("`(.+?)`", str(error.value))[1])
    subprocess.run(command, check=True, capture_output=True)
    holding()


HOLDER = """
import time
from prefect import flow
from flows import slots
from flows.slots import slot

slots.LEASE = {lease}

@flow
def holding():
    with slot("{name}", lambda: False):
        print("held", flush=True)
        time.sleep({seconds})

holding()
"""


def holder(seconds: float, name: str = "one", lease: int = LEASE) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", HOLDER.format(seconds=seconds, name=name, lease=lease)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_a_slot_is_free_again_after_its_lease_when_its_holder_and_its_server_were_killed(
    tmp_path, monkeypatch
):  # case 2
    shutil.copy(ROOT / "prefect.toml", tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PREFECT_API_URL", api(port))
    with serving(tmp_path / "first.log", port) as server:
        subprocess.run(["prefect", "gcl", "create", "one", "--limit", "1"], check=True, capture_output=True)
        first = holder(3600)
        assert any(line == "held\n" for line in first.stdout)
        os.killpg(server.pid, signal.SIGKILL)
        first.kill()
        first.communicate()
    a_minute_goes_by(Path("home"))
    with serving(tmp_path / "second.log", port):
        said, _ = holder(0).communicate(timeout=120)
    assert "held" in said, said
    assert not said.count("waits for") or "`prefect gcl update one --active-slots 0` frees them" in said

"""What ends a run early, and what two runs do to each other."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from flows.prefect_server import end_killed
from flows.run_lock import LOCK
from tests.flows.conftest import commands_in


def started(project, *arguments):
    run = project.start("python", "-m", "flows.reproduce", *arguments)
    lines = []
    while "- begun" not in (line := run.stdout.readline()):  # DVC has printed the command itself before
        lines.append(line)
        assert run.poll() is None, "".join(lines)
    return run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_cancelled_run_ends_the_stages_whole_group_and_the_next_run_goes_on(stages, number):
    project = stages(
        "  slow: {cmd: 'echo begun; sh -c \"sleep 931.5; true\" & sleep 931.5', outs: [x], deps: [each.sh]}\n"
    )
    run = started(project)
    run.send_signal(number)
    run.communicate(timeout=300)
    assert run.returncode != 0
    assert commands_in(project.folder, "sleep") == []
    assert (project.top / LOCK).read_text() == "", "nobody shall think that it was killed"
    project.write("dvc.yaml", "stages:\n  slow: {cmd: echo > x, outs: [x], deps: [each.sh]}\n")
    assert "ran slow" in project.run("python", "-m", "flows.reproduce")
    assert project.is_settled()


HELD = "  slow: {cmd: 'echo begun; until [ -e go ]; do sleep 0.1; done; echo > slow.txt', outs: [slow.txt]}\n"


def second_run(project):
    """Return all that a second run says, which is let go once it waits, or has begun the stage itself."""
    run = project.start("python", "-m", "flows.reproduce")
    lines = []
    while not any(sign in "".join(lines) for sign in ("waiting for it to end", "Task run 'slow' - begun")):
        lines.append(run.stdout.readline())
        assert run.poll() is None, "".join(lines)
    (project.folder / "go").touch()
    said, _ = run.communicate(timeout=120)
    assert run.returncode == 0, said
    return "".join([*lines, said])


def test_of_two_runs_on_one_workspace_the_second_waits_and_says_so(stages):
    project = stages(HELD)
    first = started(project)
    said = second_run(project)
    assert "waiting for it to end" in said
    assert "1 of 1 stages cached" in said
    first.communicate()
    assert first.returncode == 0


def test_after_a_killed_run_the_next_goes_on_once_no_stage_of_the_first_is_left(stages):
    from prefect.client.orchestration import get_client

    project = stages(HELD)
    run = started(project)
    killed = (project.top / ".dvc/tmp/flow.lock").read_text().splitlines()[1]
    run.kill()
    run.communicate()
    assert "ran slow" in second_run(project)  # an orphan, where it lives on, has nobody to tell that it is through
    assert project.is_settled()
    with get_client(sync_client=True) as client:
        ended = client.read_flow_run(UUID(killed)).state
    assert ended.is_crashed() and ended.message == "its process was killed"


def test_a_run_that_was_killed_while_it_was_cancelled_is_cancelled(server):
    from prefect import flow
    from prefect.client.orchestration import get_client
    from prefect.states import Cancelling

    @flow
    def cancelled() -> None: ...

    with get_client(sync_client=True) as client:
        run = client.create_flow_run(cancelled, state=Cancelling())
        end_killed(run.id)
        assert client.read_flow_run(run.id).state.is_cancelled()


@pytest.fixture
def mortal_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[bytes]"]:
    """A Prefect server that the runs of this test talk to, and that may be killed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    home = os.environ | {"PREFECT_HOME": str(tmp_path / "home")}
    command = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    server = subprocess.Popen(command, env=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/api/health").is_success:
                break
        except httpx.HTTPError:
            assert server.poll() is None
            time.sleep(0.2)
    monkeypatch.setenv("MORTAL", f"http://127.0.0.1:{port}/api")
    monkeypatch.setenv("PREFECT_CLIENT_MAX_RETRIES", "0")  # patience is Prefect's own part
    yield server
    server.kill()
    server.communicate()


def test_a_server_that_goes_away_in_mid_run_is_named_and_the_stages_go_on(stages, mortal_server):
    project = stages(HELD)
    run = project.start("sh", "-c", "PREFECT_API_URL=$MORTAL exec python -m flows.reproduce")
    while "- begun" not in run.stdout.readline():
        assert run.poll() is None
    mortal_server.kill()
    (project.folder / "go").touch()
    said, _ = run.communicate(timeout=120)
    assert run.returncode == 1, said
    assert f"the Prefect server at {os.environ['MORTAL']} does not answer" in said
    assert "the same command goes on from there" in said
    assert "Traceback" not in said
    assert project.is_settled()


def test_a_folder_outside_a_dvc_project_is_refused(tmp_path, reproduce):
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    assert "is in no DVC project: run `dvc init`" in reproduce().message

"""A flow without a server brings its own, which sees the run through; a server is given what prefect.yaml deploys."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate

from flows.prefect_server import api, deploy
from tests.flows.conftest import ROOT, Foreign, commands_in


def with_its_own_server(project: Foreign) -> "subprocess.Popen[str]":
    """Return a run of the flow whose stage has begun."""
    command = 'unset PREFECT_API_URL; PREFECT_HOME="$PWD/home" exec python -m flows.reproduce'
    run = project.start("setsid", "sh", "-c", command)
    lines = []
    while "- begun" not in "".join(lines):
        lines.append(run.stdout.readline())
        assert run.poll() is None, "".join(lines)
    address = re.search(r"View at (http://127\.0\.0\.1:\d+)", "".join(lines))[1]
    assert httpx.get(f"{address}/api/health").is_success
    return run


def test_a_flow_without_a_server_starts_one_and_ctrl_c_ends_both_without_a_traceback(server, stages):
    project = stages("  slow: {cmd: 'echo begun; sleep 30', outs: [x]}\n")
    run = with_its_own_server(project)
    before = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)  # Ctrl-C reaches every process of the terminal
    said, _ = run.communicate(timeout=60)
    assert time.monotonic() - before < 30
    assert run.returncode == 130
    assert "slow" in said and "the run was cancelled" in said
    assert "Traceback" not in said and "does not answer" not in said
    assert commands_in(project.folder, "sleep", "prefect") == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_server_of_its_own_does_not_outlive_a_flow_that_is_killed(server, stages, number):  # case 21
    project = stages("  slow: {cmd: 'echo begun; sleep 3', outs: [x]}\n")
    run = with_its_own_server(project)
    run.send_signal(number)
    run.wait()
    deadline = time.monotonic() + 60
    while (left := commands_in(project.folder, "prefect")) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def test_the_ui_has_one_server_however_long_a_second_one_would_take_to_start(
    server, foreign, monkeypatch, tmp_path
):  # case 25
    monkeypatch.setenv("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "1")  # as on a busy machine
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "home"))
    shutil.copytree(ROOT / "flows", "flows", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "prefect.yaml", ".")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = f"unset PREFECT_API_URL; exec python -m flows.ui --port {port}"
    ui = foreign.start("setsid", "sh", "-c", command)
    said = ui.stdout.readline()
    try:
        assert f"Prefect UI: http://127.0.0.1:{port}" in said, said + ui.communicate()[0]
        assert commands_in(foreign.folder, "server:create_app") == []  # as a client starts one for itself
        assert commands_in(foreign.folder, f"server start --host 127.0.0.1 --port {port}")
        names = [each["name"] for each in httpx.post(f"{api(port)}/deployments/filter", json={}).json()]
        assert sorted(names) == ["manual", "manual", "manual", "nightly"]
    finally:
        ui.send_signal(signal.SIGINT)
        said, _ = ui.communicate(timeout=60)
    assert said == "ending the worker, then the server\n"
    assert commands_in(foreign.folder, "prefect") == []


LOADED = """
import sys
from prefect.flows import load_flow_from_entrypoint
print(load_flow_from_entrypoint(sys.argv[1], use_placeholder_flow=False).name)
"""


@pytest.mark.parametrize("name", ["reproduce", "study"])
def test_what_prefect_yaml_deploys_is_found_by_whoever_runs_it(name):
    """Prefect puts a flow's own folder before all others, so that a file in it hides a package of the same name."""
    entry = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["definitions"][name]["entrypoint"]
    without = {variable: value for variable, value in os.environ.items() if variable != "PYTHONPATH"}
    command = [sys.executable, "-P", "-c", LOADED, entry]
    found = subprocess.run(command, cwd=ROOT, env=without, text=True, capture_output=True)
    assert found.stdout == f"{name}\n", found.stderr


def test_a_schedule_that_was_switched_on_stays_so_when_it_is_deployed_again(server, tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", server)  # for the command that deploys
    shutil.copytree(ROOT / "flows", tmp_path / "flows", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "prefect.yaml", tmp_path)
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name="local", type="process"), overwrite=True)
        for is_active in (False, True):
            deploy(tmp_path, client)
            nightly = client.read_deployment_by_name("reproduce/nightly")
            assert [schedule.active for schedule in nightly.schedules] == [is_active]
            client.update_deployment_schedule(nightly.id, nightly.schedules[0].id, active=True)
        assert client.read_deployment_by_name("reproduce/manual").schedules == []

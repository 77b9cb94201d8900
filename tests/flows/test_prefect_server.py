"""A flow without a server brings its own, which sees the run through; a server is given what prefect.yaml deploys."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import httpx
import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate

from flows.prefect_server import deploy
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

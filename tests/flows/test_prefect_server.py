"""A flow without a server brings its own, which sees the run through; a server is given what prefect.yaml deploys."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import prefect
import psutil
import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.schedules import CronSchedule
from prefect.states import Running, Scheduled

from flows.prefect_server import deploy, end_killed, running
from tests.flows.conftest import ROOT, Foreign, a_minute_goes_by, commands_in, ui, waited_for
from tests.flows.machines import kill


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
    project = stages("  slow: {cmd: 'echo begun; sleep 930', outs: [x]}\n")
    run = with_its_own_server(project)
    os.killpg(run.pid, signal.SIGINT)  # Ctrl-C reaches every process of the terminal
    said, _ = run.communicate(timeout=300)
    assert run.returncode == 130
    assert "slow" in said and "the run was cancelled" in said
    assert "Traceback" not in said and "does not answer" not in said
    assert commands_in(project.folder, "sleep", "prefect") == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_server_of_its_own_does_not_outlive_a_flow_that_is_killed(server, stages, number):  # case 21
    project = stages("  slow: {cmd: 'echo begun; sleep 3', outs: [x]}\n")
    run = with_its_own_server(project)
    run.send_signal(number)
    run.wait()
    deadline = time.monotonic() + 240
    while (left := commands_in(project.folder, "prefect")) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


@pytest.fixture
def waiting(deployed):
    """The foreign project with one stage, which takes a slot and waits for a file."""
    shutil.copy(ROOT / "prefect.toml", deployed.folder)
    command = "touch begun; until [ -e go ]; do sleep 0.1; done"
    deployed.write("dvc.yaml", f"stages: {{slow: {{cmd: '{command}', meta: {{resource: gpu}}, outs: [begun]}}}}\n")
    return deployed


def started(client):
    """Return a run from the form, which is under way some time later."""
    form = client.read_deployment_by_name("reproduce/manual")
    return client.create_flow_run_from_deployment(form.id, parameters={"force": True})


def begun(waiting, client):
    """Return a run from the form whose stage has begun, and does not end."""
    for name in ("go", "begun"):
        (waiting.folder / name).unlink(missing_ok=True)
    run = started(client)
    assert waited_for((waiting.folder / "begun").exists)
    return run


def let_go(waiting):
    """Have the stage of a killed run end, and all that is left of the run: it seeks the server for minutes."""
    (waiting.folder / "go").touch()
    assert waited_for(lambda: not commands_in(waiting.folder, "until"))
    for process in psutil.process_iter(["cwd"]):
        if str(process.info["cwd"]).startswith(str(waiting.folder)) and process.pid != os.getpid():
            with suppress(psutil.NoSuchProcess):
                process.kill()


def there_is_one_server_however_long_a_second_one_would_take_to_start(waiting, client):  # case 25
    assert commands_in(waiting.folder, "server:create_app") == []  # as a client starts one for itself
    assert commands_in(waiting.folder, f"server start --host 127.0.0.1 --port {client.api_url.port}")
    names = sorted(deployment.name for deployment in client.read_deployments())
    assert names == ["manual", "manual", "manual", "nightly"]


def a_run_that_a_killed_server_has_left_running_is_crashed(client, run):  # case 33
    state = client.read_flow_run(run.id).state
    assert (state.name, state.message) == ("Crashed", "the server ended while this ran")
    tasks = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])))
    assert tasks and all(task_run.state.is_final() for task_run in tasks)


def a_slot_is_free_again(client):  # case 2
    run = started(client)
    assert waited_for(lambda: client.read_flow_run(run.id).state.is_final(), 300)
    assert client.read_flow_run(run.id).state.is_completed()
    assert waited_for(lambda: slots_held(client) == 0)


def slots_held(client):
    return client.read_global_concurrency_limit_by_name("gpu").active_slots


def of_scheduled_runs_that_are_late_one_works_and_the_others_are_cancelled(client):
    nightly = client.read_deployment_by_name("reproduce/nightly")
    due = datetime.now(UTC) - timedelta(days=2)
    runs = [client.create_flow_run_from_deployment(nightly.id, state=Scheduled(scheduled_time=due)) for _ in "abc"]

    def ends() -> list[str] | None:
        states = [client.read_flow_run(run.id).state for run in runs]
        return sorted(state.name for state in states) if all(state.is_final() for state in states) else None

    assert waited_for(ends) == ["Cancelled", "Cancelled", "Completed"]


@pytest.mark.timeout(1800)  # of all its steps
def test_however_the_ui_ends_the_next_one_goes_on_and_nothing_is_lost(waiting, tmp_path, monkeypatch):
    """One story: each step finds what those before it have left."""
    monkeypatch.setenv("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "1")  # as on a busy machine
    home = tmp_path / "home"
    with ui(waiting, home) as (process, client):
        there_is_one_server_however_long_a_second_one_would_take_to_start(waiting, client)
        run = begun(waiting, client)
        assert slots_held(client) == 1
        process.kill()
        process.wait()
    let_go(waiting)
    a_minute_goes_by(home)
    with ui(waiting, home) as (process, client):
        a_run_that_a_killed_server_has_left_running_is_crashed(client, run)
        begun(waiting, client)
        assert slots_held(client) == 1
        kill(process.pid)
        process.wait()
    let_go(waiting)
    a_minute_goes_by(home)
    with ui(waiting, home) as (process, client):
        a_slot_is_free_again(client)
        of_scheduled_runs_that_are_late_one_works_and_the_others_are_cancelled(client)
        run = begun(waiting, client)
        process.send_signal(signal.SIGHUP)  # its terminal is closed
        process.communicate(timeout=240)
    assert commands_in(waiting.folder, "prefect", "flows.", "until") == []
    with ui(waiting, home) as (process, client):
        assert client.read_flow_run(run.id).state.name in ("Cancelled", "Crashed")  # case 33
        process.terminate()
        said, _ = process.communicate(timeout=240)
    assert said == "ending the worker, then the server\n"
    assert commands_in(waiting.folder, "prefect") == []


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


BUSY = "trap 'kill -9 0' TERM; for loop in 1 2 3 4; do (while :; do /bin/true; done) & done; wait"


def test_runs_that_start_commands_all_the_time_are_asked_to_end_each_of_them(tmp_path):
    worker = f"setsid sh -c {shlex.quote(BUSY)} & setsid sh -c {shlex.quote(BUSY)} & setsid sleep 931 & wait"
    for _ in range(5):
        with running(tmp_path / "worker.log", "sh", "-c", worker) as process:
            waited_for(lambda process=process: len(psutil.Process(process.pid).children(recursive=True)) > 12)
            below = psutil.Process(process.pid).children(recursive=True)
        left = psutil.wait_procs(below, timeout=60)[1]
        for each in left:
            each.kill()
        assert left == []


def test_all_tasks_of_a_killed_run_end_however_many_there_are(server):
    @prefect.flow
    def many() -> None: ...

    @prefect.task
    def one() -> None: ...

    with get_client(sync_client=True) as client:
        run = client.create_flow_run(many, state=Running())
        for number in range(205):  # the server tells of 200 at a time
            client.create_task_run(one, flow_run_id=run.id, dynamic_key=str(number), state=Running())
        end_killed(run.id)
        of_run = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
        tasks = [task for at in (0, 200) for task in client.read_task_runs(flow_run_filter=of_run, offset=at)]
        assert [task.state.name for task in tasks] == ["Crashed"] * 205
        assert client.read_flow_run(run.id).state.name == "Crashed"


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


ONE = """
deployments:
- name: zzz
  entrypoint: one.py:one
  work_pool: {name: local}
  schedules: [{cron: 0 * * * *, active: false, slug: hourly}]
"""


def test_a_schedule_stays_switched_on_beside_more_deployments_than_a_server_tells_of_at_once(
    server, tmp_path, monkeypatch
):
    monkeypatch.setenv("PREFECT_API_URL", server)
    (tmp_path / "prefect.yaml").write_text(ONE)
    (tmp_path / "one.py").write_text("import prefect\n\n@prefect.flow\ndef one(): ...\n")
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name="local", type="process"), overwrite=True)
        flow = client.create_flow_from_name("beside")
        for number in range(205):
            client.create_deployment(flow, f"{number}", work_pool_name="local")
        for _ in range(2):
            deploy(tmp_path, client)
            last = client.read_deployment_by_name("one/zzz")
            client.update_deployment_schedule(last.id, last.schedules[0].id, active=True)
        assert last.schedules[0].active
        for deployment in client.read_deployments() + client.read_deployments(offset=200):
            client.delete_deployment(deployment.id)


def test_a_schedule_that_is_switched_on_makes_runs(whole_server):
    with get_client(sync_client=True) as client:
        hourly = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 * * * *"), active=True)
        flow = client.create_flow_from_name("scheduled")
        deployment = client.create_deployment(flow, "hourly", schedules=[hourly])
        of_it = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
        assert waited_for(lambda: client.read_flow_runs(deployment_filter=of_it))

"""A Prefect server on this machine, which ends with the process that started it, and what it is told to serve."""

import atexit
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import httpx
import psutil
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import TERMINAL_STATES, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import DeploymentSort
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelled, Crashed

from core.base.errors import UserError
from flows.subprocesses import GRACE, end, environment, output

HOST = "127.0.0.1"  # nobody else's business
# A shell between: stdin ends with whoever holds its other end, killed or not, and the whole group ends with it.
LEASH = ("sh", "-c", '{ "$@"; kill -- -$$; } & read -r _; kill -- -$$', "sh")
ABANDONED = "the server ended while this ran"
KILLED = "its process was killed"
NOT_ENDED = [kind for kind in StateType if kind not in TERMINAL_STATES]
PATIENCE = 300.0  # seconds for the server to start: a busy machine takes minutes


def api(port: int) -> str:
    """Return the address at which a server on this machine answers."""
    return f"http://{HOST}:{port}/api"


def free_port() -> int:
    """Return a port of this machine that nothing uses."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process whose group ends with the block, or with this process; what it says goes to a file."""
    silent = environment() | {"PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*LEASH, *command], env=silent, stdin=subprocess.PIPE, stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield process
    finally:
        end_runs(process)
        end(process)
        if process.stdin:
            process.stdin.close()


def end_runs(worker: subprocess.Popen[bytes]) -> None:
    """Ask the runs that a worker has started to end with all that they started, and wait for that.

    Each is in a session of its own. A worker that is told to end would wait for them instead.
    """
    runs = []
    with suppress(psutil.NoSuchProcess):  # it has ended by itself
        below = psutil.Process(worker.pid).children(recursive=True)
        group = {process.pid for process in below if _group(process) == worker.pid}
        for process in below:
            with suppress(psutil.NoSuchProcess):  # as the short commands of a run do all the time
                if process.pid not in group and process.ppid() in group:
                    process.terminate()
                    runs.append(process)
    psutil.wait_procs(runs, timeout=2 * GRACE)


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return None


@contextmanager
def serving(log: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a Prefect server that answers. Raises UserError where it does not start."""
    with running(log, "prefect", "server", "start", "--host", HOST, "--port", str(port)) as server:
        deadline = time.monotonic() + PATIENCE
        while not _answers(port):
            if time.monotonic() > deadline or server.poll() is not None:
                lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                within = f" within {PATIENCE:g} s" if server.poll() is None else ""
                said = lines[-1] if lines else "it said nothing"
                raise UserError(f"the Prefect server did not start{within}: {said}")
            time.sleep(0.2)
        yield server


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"{api(port)}/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


def provide_server() -> None:
    """Start a server for this process alone, which Ctrl-C does not reach, unless PREFECT_API_URL names one.

    It ends after the threads in which Prefect sends its last lines. Raises UserError where it does not start.
    """
    if PREFECT_API_URL.value():
        return
    port = free_port()
    stack = ExitStack()
    atexit.register(stack.close)
    logs = stack.enter_context(TemporaryDirectory())
    stack.enter_context(serving(Path(logs) / "server.log", port))
    stack.enter_context(temporary_settings({PREFECT_API_URL: api(port)}))


def end_abandoned(client: SyncPrefectClient) -> None:
    """End the runs that a server still calls running, though it has only now been started."""
    under_way = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
    runs = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=under_way)))
    while left := client.read_flow_runs(flow_run_filter=runs):  # a server tells of 200 at a time
        for flow_run in left:
            _end(client, flow_run.id, ABANDONED)


def end_killed(run: UUID) -> None:
    """End a run whose process was killed, where a server still calls it running."""
    with suppress(httpx.HTTPError, RuntimeError, ObjectNotFound), get_client(sync_client=True) as client:
        state = client.read_flow_run(run).state
        if state and not state.is_final():
            _end(client, run, KILLED)


def _end(client: SyncPrefectClient, run: UUID, why: str) -> None:
    """Have a run crashed with all its tasks; one that somebody has cancelled is cancelled."""
    of_run = FlowRunFilter(id=FlowRunFilterId(any_=[run]))
    tasks = TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=NOT_ENDED)))
    while left := client.read_task_runs(flow_run_filter=of_run, task_run_filter=tasks):
        for task_run in left:
            client.set_task_run_state(task_run.id, Crashed(message=why), force=True)
    state = client.read_flow_run(run).state
    ended = Cancelled if state and state.is_cancelling() else Crashed
    client.set_flow_run_state(run, ended(message=why), force=True)


def deploy(folder: Path, client: SyncPrefectClient) -> None:
    """Deploy prefect.yaml; a schedule that was switched on or off in the UI stays so."""
    schedules_before = {deployment.name: deployment.schedules for deployment in _deployments(client)}
    output(folder, "prefect", "--no-prompt", "deploy", "--all", PWD=str(folder))
    for deployment in _deployments(client):
        switched = {schedule.slug: schedule.active for schedule in schedules_before.get(deployment.name, [])}
        for schedule in deployment.schedules:
            active = switched.get(schedule.slug, schedule.active)
            if active != schedule.active and schedule.id:
                client.update_deployment_schedule(deployment.id, schedule.id, active=active)


def _deployments(client: SyncPrefectClient) -> list[DeploymentResponse]:
    found: list[DeploymentResponse] = []
    while more := client.read_deployments(offset=len(found), sort=DeploymentSort.NAME_ASC):  # 200 at a time
        found += more
    return found

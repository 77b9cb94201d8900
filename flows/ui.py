"""The Prefect UI on this machine, with all that it needs, until Ctrl-C: `python -m flows.ui --help`."""

import flows.quiet  # isort: skip  # noqa: F401

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client

from core.errors import UserError, run
from flows.commands import end, environment, output

HOST = "127.0.0.1"  # nobody else's business
POOL = "local"
PATIENCE = 120.0  # seconds for the server to start


def settings(port: int) -> dict[str, str]:
    """Return the settings of the server, and of all that talk to it."""
    api = f"http://{HOST}:{port}/api"
    return {
        "PREFECT_API_URL": api,
        "PREFECT_UI_API_URL": api,  # or the pages ask port 4200
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def running(log: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process whose group ends with the block; what it says goes to a file."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment(), stdout=file, stderr=file, start_new_session=True)
    try:
        yield process
    finally:
        end(process)


def wait_for_server(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"http://{HOST}:{port}/api/health", timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise UserError(f"the Prefect server did not start: {log} says why")


def deploy(folder: Path, client: SyncPrefectClient) -> None:
    """Deploy prefect.yaml; a schedule that was switched on or off in the UI stays so."""
    before = {each.name: each.schedules for each in client.read_deployments()}
    output(folder, "prefect", "--no-prompt", "deploy", "--all", PWD=str(folder))
    for deployment in client.read_deployments():
        switched = {schedule.slug: schedule.active for schedule in before.get(deployment.name, [])}
        for schedule in deployment.schedules:
            active = switched.get(schedule.slug, schedule.active)
            if active != schedule.active:
                client._client.patch(
                    f"/deployments/{deployment.id}/schedules/{schedule.id}", json={"active": active}
                ).raise_for_status()


def parser() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(prog="python -m flows.ui", description="The Prefect UI, until Ctrl-C.")
    known.add_argument("--port", type=int, default=4200)
    known.add_argument("--gpu-slots", type=int, default=1, help="how many stages may use a card at a time")
    return known


def refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise UserError(
                f"port {port} is in use: end what runs there, or choose another: make ui PORT=4201"
            ) from None


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(*arguments: str) -> None:
    known = parser()
    given = known.parse_args(arguments)
    if not 0 < given.port < 2**16 or given.gpu_slots < 1:
        known.error("a port is from 1 to 65535, and of slots there is at least one")
    folder = Path.cwd()
    logs = folder / ".prefect"
    refuse_busy(given.port)
    os.environ.update(settings(given.port))
    signal.signal(signal.SIGTERM, _interrupted)
    logs.mkdir(exist_ok=True)
    with ExitStack() as stack:
        server_log = logs / "server.log"
        start = ("prefect", "server", "start", "--host", HOST, "--port", str(given.port))
        try:
            server = stack.enter_context(running(server_log, *start))
            wait_for_server(server, given.port, server_log)
            output(folder, "prefect", "--no-prompt", "work-pool", "create", POOL, "--type", "process", "--overwrite")
            with get_client(sync_client=True) as client:
                client.upsert_global_concurrency_limit_by_name("gpu", given.gpu_slots)
                deploy(folder, client)
            worker = ("prefect", "worker", "start", "--pool", POOL, "--type", "process")
            ends = [server, stack.enter_context(running(logs / "worker.log", *worker))]
            print(f"Prefect UI: http://{HOST}:{given.port} (Ctrl-C ends it; logs are in {logs})", flush=True)
            while all(process.poll() is None for process in ends):
                time.sleep(0.5)
            raise UserError(f"the Prefect server or its worker ended by itself: the logs in {logs} say why")
        except KeyboardInterrupt:
            print("ending the worker, then the server", flush=True)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

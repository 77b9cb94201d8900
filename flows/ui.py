"""The Prefect UI on this machine, with all that it needs, until Ctrl-C: `python -m flows.ui --help`."""

import argparse
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from core.base.errors import UserError, run
from flows.prefect_server import HOST, api, deploy, end_abandoned, running, serving
from flows.ready import make_ready
from flows.run_lock import locked
from flows.subprocesses import output

POOL = "local"


def settings(port: int, home: Path) -> dict[str, str]:
    """Return the settings of the server, and of all that talk to it: its database is this folder's own."""
    return {
        "PREFECT_HOME": os.environ.get("PREFECT_HOME", str(home)),
        "PREFECT_API_URL": api(port),
        "PREFECT_UI_API_URL": api(port),  # or the pages ask port 4200
        "DO_NOT_TRACK": "1",
    }


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m flows.ui", description="The Prefect UI, until Ctrl-C.")
    options.add_argument("--port", type=int, default=4200)
    options.add_argument("--gpu-slots", type=int, default=1, help="how many stages may use a card at a time")
    return options


def refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            other = port + 1 if port + 1 < 2**16 else port - 1
            raise UserError(
                f"port {port} is in use: end what runs there, or choose another: `make ui PORT={other}`"
            ) from None


@contextmanager
def only_one(logs: Path) -> Iterator[None]:
    """Raise UserError where the UI of this folder runs already: two servers would share a database."""
    try:
        with locked(logs / "ui.lock"):
            yield
    except BlockingIOError:
        raise UserError(f"the UI of this folder runs already: {logs}/server.log says where") from None


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(*arguments: str) -> None:
    options = parser()
    choice = options.parse_args(arguments)
    if not 0 < choice.port < 2**16 or choice.gpu_slots < 1:
        options.error("a port is from 1 to 65535, and of slots there is at least one")
    folder = Path.cwd()
    logs = folder / ".prefect"
    refuse_busy(choice.port)
    make_ready(folder)
    os.environ.update(settings(choice.port, logs))  # for all that is started here
    signal.signal(signal.SIGTERM, _interrupted)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # a terminal is closed, unless `nohup` keeps this alive
        signal.signal(signal.SIGHUP, _interrupted)
    logs.mkdir(exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(only_one(logs))
        print("starting the Prefect server and a worker", flush=True)
        try:
            server = stack.enter_context(serving(logs / "server.log", choice.port))
            output(folder, "prefect", "--no-prompt", "work-pool", "create", POOL, "--type", "process", "--overwrite")
            # This process read its own settings when it imported Prefect; without them its client starts a server.
            with temporary_settings({PREFECT_API_URL: api(choice.port)}), get_client(sync_client=True) as client:
                client.upsert_global_concurrency_limit_by_name("gpu", choice.gpu_slots)
                end_abandoned(client)
                deploy(folder, client)
            command = ("prefect", "worker", "start", "--pool", POOL, "--type", "process")
            worker = stack.enter_context(running(logs / "worker.log", *command))
            print(f"Prefect UI: http://{HOST}:{choice.port} (Ctrl-C ends it; logs are in {logs})", flush=True)
            while server.poll() is None and worker.poll() is None:
                time.sleep(0.5)
            raise UserError(f"the Prefect server or its worker ended by itself: the logs in {logs} say why")
        except KeyboardInterrupt:
            print("ending the worker, then the server", flush=True)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""Where a run works: one run at a time in a project's workspace."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from flows.prefect_server import end_killed
from flows.ready import repository
from flows.subprocesses import Stopped

LOCK = Path(".dvc/tmp/flow.lock")
PATIENCE = 60.0  # seconds between two reminders that a run waits for another


@dataclass(frozen=True)
class Workspace:
    """A project's folder, held by one run."""

    folder: Path
    lock: int  # the open file that holds the workspace; every command that works in it inherits it
    stopping: threading.Event  # set when the run is cancelled

    def note(self, run_name: str) -> None:
        """Have whoever waits for this run, or finds that it was killed, know what it is called."""
        os.truncate(self.lock, 0)
        os.pwrite(self.lock, f"{run_name} (process {os.getpid()})\n{flow_run.id}".encode(), 0)


@contextmanager
def holding(folder: Path, run_name: str, stopping: threading.Event) -> Iterator[Workspace]:
    """Hold the workspace for one run; a second one waits here until the first has ended.

    The lock is the operating system's, on an open file that the stages inherit: it ends when the run *and* the last
    stage it started have ended, however they ended. Nothing is left to be removed by hand.
    """
    with opened(repository(folder) / LOCK) as lock:
        _acquire(lock, folder, stopping)
        _end_killed(lock)
        workspace = Workspace(folder, lock, stopping)
        workspace.note(run_name)
        try:
            yield workspace
        finally:
            os.truncate(lock, 0)  # whoever is killed leaves its note


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Yield a file to be locked: a lock of the operating system's ends with it, however the process ended."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        yield lock
    finally:
        os.close(lock)


@contextmanager
def locked(path: Path, is_patient: bool = False) -> Iterator[None]:
    """Hold a lock. Raises BlockingIOError where another process holds it, unless this one is patient."""
    with opened(path) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if is_patient else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _acquire(lock: int, folder: Path, stopping: threading.Event) -> None:
    reminded = 0.0
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not reminded or time.monotonic() - reminded > PATIENCE:
                holder = _noted(lock)[0]
                get_run_logger().info("flow run %s works in %s: waiting for it to end", holder, folder)
                reminded = time.monotonic()
            if stopping.wait(0.5):
                raise Stopped from None


def _noted(lock: int) -> tuple[str, str]:
    """Return what is noted of a run: its name and process, and its id on the Prefect server."""
    name, _, run = os.pread(lock, 1000, 0).decode(errors="replace").partition("\n")
    return name, run


def _end_killed(lock: int) -> None:
    """End, on the server, the run that has left its note here: it was killed."""
    run = _noted(lock)[1]
    if run and run != str(flow_run.id):
        with suppress(ValueError):  # half a note
            end_killed(UUID(run))

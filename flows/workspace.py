"""Where a run works: one run at a time in a project's workspace."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging import Logger, LoggerAdapter
from pathlib import Path
from typing import Any

from core.errors import UserError

Log = Logger | LoggerAdapter[Any]
PATIENCE = 60.0  # seconds between two reminders that a run waits for another


@dataclass(frozen=True)
class Workspace:
    """A project's folder, held by one run."""

    folder: Path
    lock: int  # the open file that holds the workspace; every stage inherits it
    stopping: threading.Event  # set when the run is cancelled


def root(folder: Path) -> Path:
    """Return the DVC repository that a folder belongs to."""
    for each in (folder, *folder.parents):
        if (each / ".dvc").is_dir():
            return each
    raise UserError(f"{folder} is in no DVC project: run `dvc init` at the top of the git repository")


@contextmanager
def holding(folder: Path, run: str, log: Log, stopping: threading.Event) -> Iterator[Workspace]:
    """Hold the workspace for one run; a second one waits here until the first has ended.

    The lock is the operating system's, on an open file that the stages inherit: it ends when the run *and* the last
    stage it started have ended, however they ended. Nothing is left to be removed by hand.
    """
    path = root(folder) / ".dvc/tmp/flow.lock"
    path.parent.mkdir(exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        _acquire(file, folder, log)
        os.truncate(file, 0)
        os.write(file, f"{run} (process {os.getpid()})".encode())
        yield Workspace(folder, file, stopping)
    finally:
        os.close(file)


def _acquire(file: int, folder: Path, log: Log) -> None:
    reminded = 0.0
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if not reminded or time.monotonic() - reminded > PATIENCE:
                holder = os.pread(file, 200, 0).decode(errors="replace")
                log.info("flow run %s works in %s: waiting for it to end", holder, folder)
                reminded = time.monotonic()
            time.sleep(0.5)

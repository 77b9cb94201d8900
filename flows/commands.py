"""How a project's commands are run: in its environment, each in a process group that is ended as a whole."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from pathlib import Path
from typing import IO

from core.errors import UserError

GRACE = 10.0  # seconds between asking a process group to end and killing it; Prefect kills a cancelled run after 30


class Stopped(Exception):
    """The run is being cancelled."""


class TimedOut(Exception):
    """The command took longer than it may."""


def environment() -> dict[str, str]:
    """Return the environment of a command: the interpreter's own folder first, so that `python` and `dvc` are ours.

    DVC starts no daemon of its own, which would report, look for updates, and outlive the command with its open files.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return os.environ | {"PATH": path, "PYTHONUNBUFFERED": "1", "DVC_NO_ANALYTICS": "1", "DVC_DAEMON": "1"}


def output(folder: Path, *command: str, **variables: str) -> str:
    """Return what a command prints. Raises UserError with its own error text where it fails."""
    settings = environment() | variables
    try:
        done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, errors="replace")
    except FileNotFoundError:
        what = f"`{command[0]}`" if folder.is_dir() else str(folder)
        raise UserError(f"{what} is not found: install it, or name the project's folder") from None
    if done.returncode:
        said = done.stderr.strip().removeprefix("ERROR: ") or f"exited with {done.returncode}"
        raise UserError(f"`{' '.join(command)}` in {folder}: {said}")
    return done.stdout


def stream(
    folder: Path,
    command: Sequence[str],
    each: Callable[[str, bool, bool], None],
    stopping: threading.Event,
    timeout: float | None = None,
    inherited: Sequence[int] = (),
) -> int:
    """Run a command, pass on each line as it comes, and return the exit status.

    `each(line, is_error, is_redrawn)` gets every line; a redrawn one, as of a progress bar, is not its last state.
    Raises Stopped or TimedOut once the process and all that it started in its group have ended.
    """
    if stopping.is_set():
        raise Stopped
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        pass_fds=inherited,
    )
    pipes = [(process.stdout, False), (process.stderr, True)]
    reading = [(copy_context().run, _read, pipe, is_error, each) for pipe, is_error in pipes]  # in the task's context
    readers = [threading.Thread(target=target, args=arguments) for target, *arguments in reading]
    for reader in readers:
        reader.start()
    try:
        while True:
            try:
                return process.wait(0.2)
            except subprocess.TimeoutExpired:
                if stopping.is_set():
                    raise Stopped from None
                if timeout is not None and time.monotonic() - started > timeout:
                    raise TimedOut from None
    finally:
        end(process)  # also what a command that is through has left behind, which would hold its pipes open
        for reader in readers:
            reader.join()


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started in its group: politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline, due = time.monotonic() + GRACE, int(number)
        while time.monotonic() < deadline:
            process.poll()  # a zombie would keep the group alive
            try:
                os.killpg(process.pid, due)
            except ProcessLookupError:
                return
            due = 0  # only whether it is still there
            time.sleep(0.05)


def _read(pipe: IO[bytes], is_error: bool, each: Callable[[str, bool, bool], None]) -> None:
    rest = b""
    while chunk := os.read(pipe.fileno(), 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            _pass_on(line.rstrip(b"\r"), is_error, False, each)
        if b"\r" in rest:  # a progress bar; some draw it before the return, some after
            _pass_on(rest.rstrip(b"\r"), is_error, True, each)
            rest = rest[rest.rindex(b"\r") :]
    if rest:
        _pass_on(rest, is_error, False, each)
    pipe.close()


def _pass_on(line: bytes, is_error: bool, is_redrawn: bool, each: Callable[[str, bool, bool], None]) -> None:
    last = line.rpartition(b"\r")[2]  # what a terminal would show
    if text := last.decode(errors="replace").rstrip():
        each(text, is_error, is_redrawn)

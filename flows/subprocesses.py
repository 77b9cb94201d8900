"""How a project's commands are run: in its environment, each in a process group that is ended as a whole."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from math import inf
from pathlib import Path
from typing import IO, Protocol

from core.base.errors import UserError

TURN = 0.2  # seconds between two looks at a command
GRACE = 10.0  # seconds between asking a process group to end and killing it; Prefect kills a cancelled run after 30
BAR = 4096  # bytes of a progress bar, at most
AUTHOR = {  # what a run commits is the run's
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "reproduce"), ("EMAIL", "reproduce@localhost"))
}

LOCAL = (  # where git tells its hooks, and whom they start, what to work on: `git rev-parse --local-env-vars`
    *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_DIR", "GIT_GRAFT_FILE"),
    *("GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_NO_REPLACE_OBJECTS"),
    *("GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE"),
)
NO_HOOKS = ("-c", "core.hooksPath=/dev/null")  # of git: the user's are for what the user commits and checks out
NOISE = "Having any troubles? Hit us up at"  # what DVC adds to what it did not expect, a full disk among it

OnLine = Callable[[str, bool, bool], None]  # line, is_error, is_redrawn: a progress bar's passing state


class Process(Protocol):
    """A command that runs, the first of its process group."""

    @property
    def pid(self) -> int: ...
    @property
    def stdout(self) -> IO[bytes] | None: ...
    @property
    def stderr(self) -> IO[bytes] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


Start = Callable[[Path, Sequence[str], Sequence[int]], Process]  # folder, command, the open files that it inherits


class Stopped(Exception):
    """The run is being cancelled."""


class TimedOut(Exception):
    """The command took longer than it may."""


def environment() -> dict[str, str]:
    """Return the environment of a command: the interpreter's own folder first, so that `python` and `dvc` are ours.

    Git works on the repository of the folder, and not on what a hook of git that has started this works on.
    DVC starts no daemon of its own, which would report, look for updates, and outlive the command with its open files.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    inherited = {name: value for name, value in os.environ.items() if name not in LOCAL}
    return inherited | {"PATH": path, "PYTHONUNBUFFERED": "1", "DVC_NO_ANALYTICS": "1", "DVC_DAEMON": "1"}


def output(folder: Path, *command: str, **variables: str) -> str:
    """Return what a command prints. Raises UserError with its own error text where it fails."""
    return _output(folder, command, None, variables).decode(errors="replace")


def output_bytes(folder: Path, *command: str, stdin: bytes, **variables: str) -> bytes:
    """Return what a command prints that reads `stdin`. Raises UserError with its own error text where it fails."""
    return _output(folder, command, stdin, variables)


def _output(folder: Path, command: Sequence[str], stdin: bytes | None, variables: dict[str, str]) -> bytes:
    settings = environment() | variables
    try:
        ended = subprocess.run(command, cwd=folder, env=settings, capture_output=True, input=stdin)
    except FileNotFoundError:
        what = f"`{command[0]}`" if folder.is_dir() else str(folder)
        raise UserError(f"{what} is not found: install it, or name the project's folder") from None
    except OSError as error:  # no program, or nobody may run it
        raise UserError(f"`{' '.join(command)}` in {folder} cannot be run: {error.strerror}") from None
    if ended.returncode:
        raise refused(folder, command, ended.returncode, ended.stderr.decode(errors="replace"))
    return ended.stdout


def refused(folder: Path, command: Sequence[str], status: int, said: str) -> UserError:
    """Return the error of a command that has failed, in its own words where it has some."""
    own = "\n".join(line for line in said.splitlines() if not line.startswith(NOISE))
    error = own.strip().removeprefix("ERROR: ").removeprefix("unexpected error - ") or f"exited with {status}"
    return UserError(f"`{' '.join(command)}` in {folder}: {error}")


def git(folder: Path, *arguments: str, **variables: str) -> str:
    """Return what a git command prints. Raises UserError with its own error text where it fails."""
    return output(folder, "git", *arguments, **AUTHOR, **variables).strip()


def without_asking(folder: Path) -> dict[str, str]:
    """Return the variables by which git and ssh ask for no password: nobody is there to type it."""
    variables = {"GIT_TERMINAL_PROMPT": "0"}
    says_ssh = "GIT_SSH_COMMAND" in os.environ or "GIT_SSH" in os.environ
    if not says_ssh and "core.sshcommand" not in git(folder, "config", "--list", "--name-only").splitlines():
        variables["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes"
    return variables


def git_paths(folder: Path, command: str, *arguments: str) -> list[str]:
    """Return the paths that a git command names, whatever characters are in them."""
    return [path for path in output(folder, "git", command, "-z", *arguments).split("\0") if path]


def start(folder: Path, command: Sequence[str], inherited: Sequence[int]) -> Process:
    """Return a command that runs in a session of its own."""
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        pass_fds=inherited,
    )


def stream(
    folder: Path,
    command: Sequence[str],
    on_line: OnLine,
    stopping: threading.Event,
    timeout: float | None = None,
    inherited: Sequence[int] = (),
    start: Start = start,
) -> int:
    """Run a command, pass on each line as it comes, and return the exit status.

    Raises Stopped or TimedOut once the process and all that it started in its group have ended.
    """
    if stopping.is_set():
        raise Stopped
    deadline = time.monotonic() + (inf if timeout is None else timeout)
    process = start(folder, command, inherited)
    has_ended = threading.Event()
    readers = [
        # in the task's context
        threading.Thread(target=copy_context().run, args=(_read, pipe, is_error, on_line, has_ended))
        for pipe, is_error in ((process.stdout, False), (process.stderr, True))
    ]
    for reader in readers:
        reader.start()
    try:
        return _status(process, stopping, deadline)
    finally:
        end(process)  # also what a command that is through has left behind
        has_ended.set()
        for reader in readers:
            reader.join()


def _status(process: Process, stopping: threading.Event, deadline: float) -> int:
    while True:
        try:
            return process.wait(TURN)
        except subprocess.TimeoutExpired:
            if stopping.is_set():
                raise Stopped from None
            if time.monotonic() > deadline:
                raise TimedOut from None


def end(process: Process) -> None:
    """End a process and all that it started in its group: politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline, signal_due = time.monotonic() + GRACE, int(number)
        while time.monotonic() < deadline:
            process.poll()  # a zombie would keep the group alive
            try:
                os.killpg(process.pid, signal_due)
            except ProcessLookupError:
                return
            signal_due = 0  # only whether it is still there
            time.sleep(0.05)


def _read(pipe: IO[bytes], is_error: bool, on_line: OnLine, has_ended: threading.Event) -> None:
    parts: list[bytes] = []  # of the line that has not ended
    while chunk := _chunk(pipe, has_ended):
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            _pass_on(b"".join([*parts, line]).rstrip(b"\r"), is_error, False, on_line)
            parts = []
        parts.append(rest)
        # A progress bar; some draw it before the return, some after. A long line is no bar.
        if b"\r" in rest or (parts[0].startswith(b"\r") and len(parts[0]) < BAR):
            line = b"".join(parts)
            _pass_on(line.rstrip(b"\r"), is_error, True, on_line)
            parts = [line[line.rindex(b"\r") :]]
    if any(parts):
        _pass_on(b"".join(parts), is_error, False, on_line)
    pipe.close()


def _chunk(pipe: IO[bytes], has_ended: threading.Event) -> bytes:
    """Return what is written next; nothing at the end, be the pipe held by a process that has left the group."""
    while not select.select([pipe], [], [], TURN)[0]:
        if has_ended.is_set():
            return b""
    return os.read(pipe.fileno(), 65536)


def _pass_on(line: bytes, is_error: bool, is_redrawn: bool, on_line: OnLine) -> None:
    visible = line.rpartition(b"\r")[2]  # what a terminal would show
    if text := visible.decode(errors="replace").rstrip():
        on_line(text, is_error, is_redrawn)

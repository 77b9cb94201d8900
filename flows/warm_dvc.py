"""`dvc` commands without their start-up: DVC takes longer to load than most of its commands take to run."""

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from flows import dvc_forks
from flows.subprocesses import Process, environment, refused, start, stream


class Forked:
    """A command that runs, with what subprocess.Popen would tell of it."""

    def __init__(self, stdout: int, stderr: int, reply: int) -> None:
        self.stdout = os.fdopen(stdout, "rb")
        self.stderr = os.fdopen(stderr, "rb")
        self._reply = os.fdopen(reply, "rb", buffering=0)
        self._status: int | None = None
        self.pid = self._number()

    def _number(self) -> int:
        number = self._reply.read(4)
        if not number:
            raise OSError("the process that forks has ended")
        return int.from_bytes(number, sys.byteorder, signed=True)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status. Raises subprocess.TimeoutExpired where the command takes longer."""
        if self._status is None:
            if not select.select([self._reply], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("dvc", timeout or 0)
            try:
                self._status = self._number()
            except OSError:  # what waited for the command was killed
                self._status = 1
            self._reply.close()
        return self._status

    def poll(self) -> int | None:
        """Return the exit status; None while the command runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None


class Forks(NamedTuple):
    """The process that forks, and where it is asked to."""

    process: "subprocess.Popen[bytes]"
    requests: socket.socket


early: list[Forks] = []  # started before a run asks for one


def forking() -> Forks:
    """Start a process that forks; it ends with this one."""
    requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            # -P: nothing of its folder stands in for a module of DVC's. A session of its own: Ctrl-C is not for it.
            [sys.executable, "-P", dvc_forks.__file__],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,  # what it forks has pipes of its own
            stderr=subprocess.DEVNULL,
            env=environment(),
            start_new_session=True,
        )
    return Forks(process, requests)


class WarmDvc:
    """Starts `dvc` commands, and ends those that answer once `stopping` is set. Close it when no more are to come."""

    def __init__(self, stopping: threading.Event) -> None:
        self.stopping = stopping
        self._lock = threading.Lock()
        self._forks = early.pop() if early else None

    def start(self, folder: Path, command: Sequence[str], inherited: Sequence[int]) -> Process:
        """Return a command that runs in a session of its own."""
        try:
            return self._forked(folder, command, inherited)
        except OSError:  # the process that forks was killed
            return start(folder, command, inherited)

    def output(self, folder: Path, *command: str) -> str:
        """Return what a command prints.

        Raises UserError with its own error text where it fails, Stopped where the run is cancelled.
        """
        said: dict[bool, list[str]] = {False: [], True: []}  # of stdout, of stderr

        def read(line: str, is_error: bool, _: bool) -> None:
            if line == dvc_forks.WAITS:
                from prefect.logging import get_run_logger  # here: DVC loads while Prefect does

                get_run_logger().info(line)
            else:
                said[is_error].append(line)

        status = stream(folder, command, read, self.stopping, start=self.start)
        if status:
            raise refused(folder, command, status, "\n".join(said[True]))
        return "\n".join(said[False])

    def _forked(self, folder: Path, command: Sequence[str], inherited: Sequence[int]) -> Forked:
        request = json.dumps([str(folder.resolve()), command, environment()]).encode()
        pipes = [os.pipe() for _ in ("stdout", "stderr", "reply")]
        try:
            socket.send_fds(self._connected(), [request], [*(theirs for _, theirs in pipes), *inherited])
        finally:
            for _, theirs in pipes:
                os.close(theirs)
        return Forked(*(ours for ours, _ in pipes))

    def _connected(self) -> socket.socket:
        with self._lock:
            self._forks = self._forks or forking()
            return self._forks.requests

    def close(self) -> None:
        """Let the process end; commands that run go on."""
        if self._forks:
            self._forks.requests.close()
            self._forks.process.wait()

"""The process that has loaded DVC once and forks for each command: `warm_dvc` starts it, and it ends with its starter.

It reads requests from the socket that is its stdin. It is run as a script and imports nothing of the project's.
"""

import fcntl
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any

LONGEST = 2**20  # bytes of a request: a command, its folder and its environment
DESCRIPTORS = 16  # that come with a request, at most
WARMING = "stages: {warm: {cmd: 'true'}}"
WARMED = (("repro",), ("status",), ("dag", "--dot"))  # run through all that they load
PATIENCE = 10.0  # seconds of waiting for a lock before that is said
WAITS = "dvc waits: another dvc command works in this project"
GARBAGE = 100_000  # new objects before Python seeks what is no longer needed: a dvc.lock is read as many, all needed

Dvc = Callable[[Sequence[str]], int]


def warmed_up() -> Dvc:
    """Return the `dvc` command, with all loaded that it needs: it has run in a project that is thrown away."""
    (entry_point,) = entry_points(group="console_scripts", name="dvc")
    dvc: Dvc = entry_point.load()
    before = Path.cwd()
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("dvc.yaml").write_text(WARMING, encoding="utf-8")
        dvc(["init", "--no-scm", "--quiet"])
        for command in WARMED:
            dvc(command)
        os.chdir(before)
    return dvc


def fork(dvc: Dvc, request: bytes, descriptors: Sequence[int]) -> None:
    """Run a command two forks away: the first waits for it and says how it ended, the second is the command."""
    stdout, stderr, reply, *inherited = descriptors
    if os.fork():
        for descriptor in descriptors:
            os.close(descriptor)
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if command := os.fork():
        for descriptor in (0, stdout, stderr):
            os.close(descriptor)
        _, status = os.waitpid(command, 0)
        say(reply, os.waitstatus_to_exitcode(status))
        os._exit(0)
    os.setsid()
    say(reply, os.getpid())  # now that its group can be ended
    os.close(reply)
    for descriptor, standard in ((os.open(os.devnull, os.O_RDONLY), 0), (stdout, 1), (stderr, 2)):
        os.dup2(descriptor, standard)
        os.close(descriptor)
    for descriptor in inherited:
        os.set_inheritable(descriptor, True)
    become(dvc, *json.loads(request))


def say(reply: int, number: int) -> None:
    """Tell whoever asked for a command its process id, and later its exit status."""
    os.write(reply, number.to_bytes(4, sys.byteorder, signed=True))


def become(dvc: Dvc, folder: str, command: Sequence[str], environment: dict[str, str]) -> None:
    """Be the command, as if it had been started."""
    if "--wait-for-lock" in command:
        wait_without_asking()
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(command)
    status = 1
    try:
        os.chdir(folder)
        status = dvc(command[1:])
    except SystemExit as ended:  # as after --help
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def wait_without_asking() -> None:
    """Have the kernel wake this process when a lock is free; DVC would ask twice a second, for as long."""
    flock = fcntl.flock

    def patient(file: Any, how: int) -> None:
        late = Timer(PATIENCE, print, [WAITS], {"file": sys.stderr, "flush": True})
        late.start()
        try:
            flock(file, how & ~fcntl.LOCK_NB)
        finally:
            late.cancel()

    fcntl.flock = patient


def main() -> None:
    dvc = warmed_up()
    gc.freeze()  # no fork goes through what all of them share
    gc.set_threshold(GARBAGE)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the first forks
    with socket.socket(fileno=0) as requests:
        while True:
            request, descriptors, _, _ = socket.recv_fds(requests, LONGEST, DESCRIPTORS)
            if not request:
                return
            fork(dvc, request, descriptors)


if __name__ == "__main__":
    main()

"""The locks under which DVC writes what it notes, in several steps: held here in the way in which DVC holds them."""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

from flufl.lock import Lock, TimeOutError

from flows.subprocesses import Stopped, output

RECORDS = Path(".dvc/tmp/lock")  # of each dvc.lock
COMMANDS = Path(".dvc/tmp/rwlock.lock")  # of the list of what commands work on
YES = ("true", "yes", "on", "1")  # of DVC's configuration
TURN = 0.02  # seconds between two tries: DVC itself tries twice a second
LIFETIME = 600  # seconds after which a hard link is taken away whose holder was killed


@contextmanager
def held(lock: Path, stopping: threading.Event, is_shared: bool = False) -> Iterator[None]:
    """Hold one of a project's locks, so that DVC waits; those that share it only read.

    Raises Stopped where the run is cancelled while another holds it.
    """
    if _stays(lock) or not _are_hard_links(lock.parents[2]):
        kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
        with lock.open("a") as file:
            _until(stopping, BlockingIOError, lambda: fcntl.flock(file, kind | fcntl.LOCK_NB))
            yield
    else:
        hard_link = Lock(str(lock), LIFETIME)  # nobody shares one of these
        _until(stopping, TimeOutError, lambda: hard_link.lock(timeout=timedelta(seconds=TURN)))
        try:
            yield
        finally:
            hard_link.unlock()


def _until(stopping: threading.Event, refusal: type[Exception], attempt: Callable[[], None]) -> None:
    while True:
        try:
            return attempt()
        except refusal:
            if stopping.wait(TURN):
                raise Stopped from None


def _stays(lock: Path) -> bool:
    """Whether a lock is a file that stays, and no hard link, which is there for as long as it is held."""
    return lock.exists() and lock.stat().st_nlink == 1


@cache
def _are_hard_links(project: Path) -> bool:
    return output(project, "dvc", "config", "core.hardlink_lock").strip().lower() in YES

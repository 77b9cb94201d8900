"""The locks under which DVC writes what it notes, in several steps: held here in the way in which DVC holds them."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from flufl.lock import Lock

from flows.subprocesses import output

RECORDS = Path(".dvc/tmp/lock")  # of each dvc.lock
COMMANDS = Path(".dvc/tmp/rwlock.lock")  # of the list of what commands work on
YES = ("true", "yes", "on", "1")  # of DVC's configuration
LIFETIME = 600  # seconds after which a hard link is taken away whose holder was killed


@contextmanager
def held(lock: Path, is_shared: bool = False) -> Iterator[None]:
    """Hold one of a project's locks, so that DVC waits; those that share it only read."""
    if _stays(lock) or not _are_hard_links(lock.parents[2]):
        with lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX)
            yield
    else:
        with Lock(str(lock), LIFETIME):  # nobody shares one of these
            yield


def _stays(lock: Path) -> bool:
    """Whether a lock is a file that stays, and no hard link, which is there for as long as it is held."""
    return lock.exists() and lock.stat().st_nlink == 1


@cache
def _are_hard_links(project: Path) -> bool:
    return output(project, "dvc", "config", "core.hardlink_lock").strip().lower() in YES

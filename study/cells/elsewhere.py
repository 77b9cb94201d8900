"""A bench on a machine that shares no disk with the study: its snapshot comes as the bytes of an archive.

The standard library alone, as the bench, for both travel to Dask and Ray workers by value.
"""

import atexit
import fcntl
import hashlib
import io
import os
import shutil
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from study.cells.bench import Bench

EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file in the archive, whose bytes shall follow from its content
LASTING = "_benches_of_the_study"  # what travels by value has new globals each time: these stay with the process


def packed(folder: Path) -> bytes:
    """Return a folder as a zip archive whose bytes follow from its content alone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # weights do not become smaller
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH), path.read_bytes())
    return buffer.getvalue()


def name_of(archive: bytes) -> str:
    """Return the name of a snapshot: the hash of its archive."""
    return hashlib.sha256(archive).hexdigest()[:20]


def bench_of(snapshot: str, archive: Callable[[], bytes]) -> Bench:
    """Return this process's bench on a snapshot; its archive is asked for where this machine has it not."""
    known = _lasting()
    with known["lock"]:
        if snapshot not in known["benches"]:
            folder, held = _unpacked(snapshot, archive)
            known["benches"][snapshot] = (Bench(folder), held)
            atexit.register(close, snapshot)
    bench: Bench = known["benches"][snapshot][0]
    return bench


def close(snapshot: str) -> None:
    """End this process's bench; the snapshot goes with the last one on this machine."""
    known = _lasting()
    with known["lock"]:
        bench, held = known["benches"].pop(snapshot, (None, None))
    if bench is not None:
        bench.close()
        os.close(held)
        remove_unused()


def remove_unused() -> None:
    """Remove the snapshots of this machine that no process holds any more, such as those of killed ones."""
    with _alone() as folder:
        _remove_unused(folder)


def _lasting() -> dict[str, Any]:
    module = sys.modules.setdefault(LASTING, ModuleType(LASTING))
    return module.__dict__.setdefault("state", {"lock": threading.Lock(), "benches": {}})  # type: ignore[no-any-return]


def _unpacked(snapshot: str, archive: Callable[[], bytes]) -> tuple[Path, int]:
    """Return the folder of a snapshot, and the open file by which this process holds it."""
    with _alone() as folder:
        place = folder / snapshot
        _remove_unused(folder, but=place)
        if not place.is_dir():
            partial = folder / f"{snapshot}.partial"
            with zipfile.ZipFile(io.BytesIO(archive())) as content:
                content.extractall(partial)
            partial.rename(place)
        held = os.open(place, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_SH)
        return place, held


@contextmanager
def _alone() -> Iterator[Path]:
    """Yield the folder of all snapshots on this machine, in which no other process of this user works meanwhile."""
    folder = Path(tempfile.gettempdir()) / f"acclimate-study-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(lock)


def _remove_unused(folder: Path, but: Path | None = None) -> None:
    for place in folder.iterdir():
        lock = os.open(place, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if place != but:
                shutil.rmtree(place)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)

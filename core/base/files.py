"""Files that are either whole or absent, whatever kills the process that writes them."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.base.errors import UserError, damaged


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write a file or folder to; it takes the place of `path` when the block ends well.

    Raises UserError where another process is writing the same path, and where it would be a file and is a folder.
    """
    staging = path.parent / f".{path.name}.partial"
    staging.mkdir(parents=True, exist_ok=True)
    lock = _lock(staging, path)
    try:
        _empty(staging)  # what a killed run left behind
        new = staging / path.name
        yield new
        if path.is_dir() and not new.is_dir():
            raise UserError(f"{path} is a folder, and a file would take its place: move it away, or name another file")
        if new.is_dir():  # is not replaced in one step
            _remove(path)
        os.replace(new, path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        os.close(lock)


def _lock(staging: Path, path: Path) -> int:
    descriptor = os.open(staging, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise UserError(f"{path} is being written by another run: wait until it ends, then run this again") from None
    return descriptor


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        _remove(entry)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON that ends in a newline, its keys in the order given."""
    with replacing(path) as partial:
        partial.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def conflict(text: str) -> int | None:
    """Return the number of the line at which a merge has left both of its sides; None where it has not."""
    return next((number for number, line in enumerate(text.splitlines(), 1) if line.startswith("<<<<<<< ")), None)


def read_json(path: Path) -> Any:
    """Return what `path` holds. Raises UserError where it is missing or not JSON."""
    try:
        text = require(path).read_text(encoding="utf-8")
        return json.loads(text)
    except ValueError as error:
        if not isinstance(error, UnicodeDecodeError) and (line := conflict(text)):
            raise UserError(
                f"{path} line {line}: a merge has left both sides there: `git checkout HEAD -- {path}` takes one, then "
                "`dvc repro` writes what follows from the merged parameters and data"
            ) from None
        raise damaged(path, str(error)) from None


def require(path: Path) -> Path:
    """Return `path`. Raises UserError where a previous stage has not written it."""
    if not path.exists():
        raise UserError(f"{path} is missing. Maybe you forgot to run a previous stage? `dvc repro` runs them all")
    return path


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

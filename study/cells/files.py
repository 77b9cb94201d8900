"""Where a cell's result stands, or why it has none. Flows read this too, so that it loads nothing slow."""

from pathlib import Path
from typing import Literal

from core.base.files import replacing, write_json
from core.base.results import Result
from study import paths

Kind = Literal["out of memory", "not finite", "lost", "error"]


class Failure(Result):
    """Why a cell has no result."""

    cell: str
    """What it is called."""
    kind: Kind
    """What happened: `lost` is a process that ended, or was ended, in the middle of it."""
    reason: str
    """In words."""


def place(name: str) -> Path:
    """Return the file of a cell that was computed."""
    return paths.CELLS / f"{name}.parquet"


def failure_place(name: str) -> Path:
    """Return the file that says why a cell has none."""
    return paths.CELLS / f"{name}.failed.json"


def store(name: str, value: bytes) -> None:
    """Write a cell's file, whole or not at all; a failure that was noted before goes."""
    paths.CELLS.mkdir(parents=True, exist_ok=True)
    with replacing(place(name)) as partial:
        partial.write_bytes(value)
    failure_place(name).unlink(missing_ok=True)


def store_failure(name: str, failure: Failure) -> None:
    """Note why a cell has no result."""
    paths.CELLS.mkdir(parents=True, exist_ok=True)
    write_json(failure_place(name), failure.model_dump())

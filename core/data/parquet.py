"""The Parquet files that stages hand on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.base.errors import UserError
from core.base.files import require
from core.data.texts import sides

T = TypeVar("T")

AT_A_TIME = 2**14  # rows of a batch
ROW = ("row_id", "text", "label", "group")  # columns that every file of texts has
CHARACTERS = 2**22  # of a batch's texts: where they are long it has fewer rows


def frame(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the columns named, or all. Raises UserError where the file is missing or damaged, or lacks one."""
    return _read(pd.read_parquet, path, columns)


def table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return what `frame` does as Arrow has it, its types as they were written."""
    return _read(pq.read_table, path, columns)


def rows(path: Path) -> int:
    """Return how many rows a file has. Raises UserError where it is missing or damaged."""
    with _sound(path):
        return int(pq.read_metadata(require(path)).num_rows)


def schema(path: Path, columns: Sequence[str] = ROW) -> pa.Schema:
    """Return all columns of a file with their types. Raises UserError as `frame` does."""
    return _read(lambda file, columns: pq.read_schema(file), path, columns)


def batches(path: Path, columns: Sequence[str] = ROW) -> Iterator[pa.Table]:
    """Yield a file's rows with all columns, some at a time: memory does not grow with their number.

    Raises UserError as `frame` does.
    """
    schema(path, columns)
    with _sound(path), pq.ParquetFile(path) as file:
        for batch in file.iter_batches(AT_A_TIME):
            some = pa.Table.from_batches([batch])
            characters = sum(np.asarray(pc.utf8_length(some[side])) for side in sides(some.column_names))
            ends = np.cumsum(characters) // CHARACTERS
            for start, end in zip([0, *(cuts := np.flatnonzero(np.diff(ends)) + 1)], [*cuts, len(some)], strict=True):
                yield some.slice(start, end - start)


def _names(rows: Any) -> list[str]:
    match rows:
        case pd.DataFrame():
            return list(rows.columns)
        case pa.Table():
            return list(rows.column_names)
        case _:
            return list(rows.names)


def _read(reader: Callable[..., T], path: Path, columns: Sequence[str] | None) -> T:
    with _sound(path):
        rows = reader(require(path), columns=columns)
        if missing := set(columns or ()) - set(_names(rows)):  # a damaged footer may name other columns
            raise ValueError(f"no column {', '.join(sorted(missing))}")
        return rows


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Raise UserError where reading finds the file damaged."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is damaged ({str(error).strip()}): delete it and run `dvc repro`") from None

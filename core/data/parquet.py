"""The Parquet files that stages hand on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.base.errors import UserError
from core.base.files import require

T = TypeVar("T")


def frame(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the columns named, or all. Raises UserError where the file is missing or damaged, or lacks one."""
    return _read(pd.read_parquet, path, columns)


def table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return what `frame` does as Arrow has it, its types as they were written."""
    return _read(pq.read_table, path, columns)


def _names(rows: Any) -> list[str]:
    return rows.column_names if isinstance(rows, pa.Table) else list(rows.columns)


def _read(reader: Callable[..., T], path: Path, columns: Sequence[str] | None) -> T:
    try:
        rows = reader(require(path), columns=columns)
        if missing := set(columns or ()) - set(_names(rows)):  # a damaged footer may name other columns
            raise ValueError(f"no column {', '.join(sorted(missing))}")
        return rows
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is damaged ({str(error).strip()}): delete it and run `dvc repro`") from None

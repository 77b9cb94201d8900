"""The Parquet files that stages hand on."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import UserError
from core.files import require

T = TypeVar("T")


def frame(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the columns named, or all. Raises UserError where the file is missing or damaged, or lacks one."""
    return _read(pd.read_parquet, path, columns)


def table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return what `frame` does as Arrow has it, its types as they were written."""
    return _read(pq.read_table, path, columns)


def _read(reader: Callable[..., T], path: Path, columns: Sequence[str] | None) -> T:
    try:
        return reader(require(path), columns=columns)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is damaged ({str(error).strip()}): delete it and run `dvc repro`") from None

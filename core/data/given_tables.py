"""Tables that others made: CSV, tab-separated, JSON Lines or Parquet, each row known by its row_id."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.base.errors import UserError
from core.base.messages import listed

ROW_ID = "row_id"
SEPARATORS = {".csv": ",", ".tsv": "\t"}


def table(path: Path, row_id: str = ROW_ID) -> pd.DataFrame:
    """Return the rows of a file by their row_ids, which are text. Raises UserError where it has none."""
    try:
        rows = _rows(path)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: name a file of this machine") from None
    except (OSError, EOFError, ValueError, csv.Error, pa.ArrowException) as error:
        raise UserError(f"{path} cannot be read ({' '.join(str(error).split())}): write or copy it again") from None
    if row_id not in rows:
        raise UserError(f"{path} has no column {row_id!r}; it has {listed([repr(name) for name in rows], 10)}")
    if rows.empty:
        raise UserError(f"{path} has no rows")
    row_ids = [_row_id(value) for value in rows[row_id]]
    if without := [str(number) for number, each in enumerate(row_ids, start=1) if not each]:
        raise UserError(f"{path} has rows without a {row_id} (row {listed(without)}): write it, or leave them out")
    return rows.set_index(pd.Index(row_ids, dtype=object))


def texts(values: pd.Series) -> list[str]:
    """Return the values of a column as text; what is missing is empty."""
    return ["" if _is_missing(value) else str(value) for value in values]


def _is_missing(value: Any) -> bool:
    return value is None or isinstance(value, float) and value != value


def _row_id(value: Any) -> str:
    """Return a row_id as text, and a whole number without a point: integers with a gap become floats on their way."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if _is_missing(value) else str(value).strip()


def _rows(path: Path) -> pd.DataFrame:
    kind = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if kind == ".parquet":
        found = pq.read_table(path, partitioning=None)
        _require_once(found.column_names)
        return pd.DataFrame(found.to_pydict(), dtype=object)
    if kind not in (*SEPARATORS, ".jsonl"):
        raise ValueError("its name ends in none of .csv, .tsv, .jsonl and .parquet, nor in .csv.gz and the like")
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    if not text.strip():
        raise ValueError("it is empty")
    return _objects(text) if kind == ".jsonl" else _cells(text, SEPARATORS[kind])


def _cells(text: str, separator: str) -> pd.DataFrame:
    """Return the rows of a text with a header. Of rows that are longer or shorter pandas would shift or fill cells."""
    csv.field_size_limit(2**31 - 1)  # what a language model answers may be long
    names, *rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True) if row]
    _require_once(names)
    if other := [str(number) for number, row in enumerate(rows, start=1) if len(row) != len(names)]:
        raise ValueError(f"row {listed(other)} has more or fewer cells than the header, which has {len(names)}")
    return pd.DataFrame(rows, columns=names, dtype=object)


def _objects(text: str) -> pd.DataFrame:
    lines = [json.loads(line) for line in text.split("\n") if line.strip()]
    if other := [str(number) for number, each in enumerate(lines, start=1) if not isinstance(each, dict)]:
        raise ValueError(f"row {listed(other)} is no object with names: each line is one")
    return pd.DataFrame(lines, dtype=object)


def _require_once(names: Sequence[str]) -> None:
    if twice := [repr(name) for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise ValueError(f"the column {listed(twice)} stands twice")

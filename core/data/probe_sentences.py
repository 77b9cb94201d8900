"""The probe: general sentences on everyday topics, against which the domain and the fine-tuned models are held."""

import pandas as pd

from core.base import paths
from core.base.errors import UserError
from core.base.files import require

COLUMNS = ["text", "topic"]


def read() -> pd.DataFrame:
    """Return the columns text and topic.

    Raises UserError where the file is missing, a cell is empty, or there are fewer than two topics.
    """
    path = paths.PROBE_SENTENCES
    try:
        rows = pd.read_csv(require(path), dtype="str", keep_default_na=False, na_values=[""])
    except ValueError as error:  # pandas' own errors of parsing and decoding among them
        raise UserError(f"{path} is no CSV file ({error}): `git checkout {path}`, or write it anew") from None
    if list(rows.columns) != COLUMNS:
        raise UserError(f"{path}: its first line names {', '.join(rows.columns)}; write text,topic")
    empty = [f"{path} row {number} has an empty cell: fill or remove it" for number in _empty(rows)]
    if empty:
        raise UserError(*empty)
    if (topics := rows["topic"].nunique()) < 2:
        raise UserError(f"{path} has {len(rows)} rows on {topics} topics: write sentences on at least two")
    return rows


def row_ids(rows: pd.DataFrame) -> list[str]:
    """Return the names of the probe's rows, by which their predictions are kept."""
    return [f"probe-{number + 1}" for number in range(len(rows))]


def _empty(rows: pd.DataFrame) -> list[int]:
    return [int(row) + 1 for row in rows.index[rows.isna().any(axis=1)]]

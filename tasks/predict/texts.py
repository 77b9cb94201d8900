"""New texts, from a file of any format that data/raw may have."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from core.base.errors import UserError
from core.base.messages import listed
from core.data.texts import SIDES
from tasks.validation import text_columns
from tasks.validation.file_formats import contents

ROW_ID = "row_id"


def read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return each row's row_id and text, or texts of a pair, null where it has none.

    The row_id is the file's own where it has such a column, else as `validation` names rows: test-1 is the first of
    test.csv. Raises UserError where the file cannot be read, or lacks a column.
    """
    names = contents(path).names
    if missing := [name for name in columns if name not in names]:
        raise UserError(
            f"{path} has no column {missing[0]!r}, which the published model was evaluated on; it has "
            f"{listed([repr(name) for name in names], 20)}: rename the one that holds the texts"
        )
    wanted = dict(zip(SIDES, columns, strict=False)) | ({ROW_ID: ROW_ID} if ROW_ID in names else {})
    rows = text_columns.read(path, wanted).drop(columns="place")
    numbered = pd.Series([f"{path.stem}-{number}" for number in range(1, len(rows) + 1)], dtype="str")
    return rows.assign(row_id=rows[ROW_ID].fillna(numbered) if ROW_ID in rows else numbered)

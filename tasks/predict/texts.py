"""New texts, from a file of any format that data/raw may have, or a folder of such files."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from core.base.errors import UserError
from core.base.messages import listed
from core.data.splits import SPLITS
from core.data.texts import SIDES
from tasks.validation import raw_folder, text_columns
from tasks.validation.file_formats import Content, contents, is_table
from tasks.validation.params import Reading

ROW_ID = "row_id"


def read(path: Path, columns: Sequence[str], reading: Reading) -> tuple[pd.DataFrame, list[str]]:
    """Return each row's row_id and text, or texts of a pair, null where it has none; and how files were read, in words.

    The row_id is the file's own where it has such a column, else as `validation` names rows: test-1 is the first of
    test.csv. Raises UserError where a file cannot be read, or lacks a column.
    """
    name = raw_folder.split_of(Path(path.name)) or raw_folder.stem(path)
    files = _files(path) if path.is_dir() else {name: [path]}
    tables: list[pd.DataFrame] = []
    how: list[str] = []
    for name, parts in files.items():
        rows = []
        for part in parts:
            content = contents(part, reading)
            rows.append(_texts(content, part, columns))
            how.append(f"{part}: read as {content.how}")
        tables.append(_named(pd.concat(rows, ignore_index=True), name))
    return pd.concat(tables, ignore_index=True), how


def _files(folder: Path) -> dict[str, list[Path]]:
    """Return the files of a folder by their names. Raises UserError with all that is no table, or a part of one."""
    entries = raw_folder.entries(folder)
    others = [entry for entry in entries if not entry.is_file() or not is_table(entry)]
    problems = [f"{entry} is not a {raw_folder.KNOWN} file: move it out of {folder}" for entry in others]
    found = raw_folder.by_name(folder, entries)
    problems += [problem for name, parts in found.items() for problem in raw_folder.incomplete(name, parts)]
    if not entries:
        problems = [f"{folder} holds no file: name a file of texts ({raw_folder.KNOWN}), or a folder of such files"]
    if problems:
        raise UserError(*problems)
    return {name: found[name] for name in (*SPLITS, *sorted(set(found) - set(SPLITS))) if name in found}


def _texts(content: Content, path: Path, columns: Sequence[str]) -> pd.DataFrame:
    if missing := [name for name in columns if name not in content.names]:
        raise UserError(
            f"{path} has no column {missing[0]!r}, which the published model was evaluated on; it has "
            f"{listed([repr(name) for name in content.names], 20)}: rename the one that holds the texts"
        )
    own = {ROW_ID: ROW_ID} if ROW_ID in content.names else {}
    return text_columns.chosen(content, path, dict(zip(SIDES, columns, strict=False)) | own).drop(columns="place")


def _named(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    numbered = pd.Series([f"{name}-{number}" for number in range(1, len(rows) + 1)], dtype="str")
    return rows.assign(row_id=rows[ROW_ID].fillna(numbered) if ROW_ID in rows else numbered)

"""The tables of texts that `dvc push` takes to a remote: those that stages write, and what a .dvc file tracks."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from ruamel.yaml import YAML

from core.base import paths
from core.data import parquet
from core.data.splits import SPLITS
from core.data.texts import sides
from tasks.validation.file_formats import contents, is_table

WRITTEN = {split: paths.validated(split) for split in SPLITS} | {"quarantine": paths.QUARANTINE}
NO_TEXTS = {"row_id", "split", "reason"}  # columns that stages write


class Table(NamedTuple):
    name: str
    path: Path
    rows: pd.DataFrame  # of words, by column, with `row_id` as its index
    texts: list[str]  # the columns in which names are sought among other words


def pushed() -> Iterator[Table]:
    """Yield each table. Raises UserError where one is missing, or cannot be read."""
    for name, path in WRITTEN.items():
        rows = parquet.frame(path).set_index("row_id", drop=False)
        words = [str(each) for each in rows if each not in NO_TEXTS and not pd.api.types.is_numeric_dtype(rows[each])]
        yield Table(name, path, rows[words], sides(words))
    for path in tracked():
        content = contents(path)
        index = [f"{content.unit} {number}" for number in content.numbers]
        columns = {name: pd.Series(content.values(name), index=index, dtype=object) for name in content.names}
        words = [name for name, values in columns.items() if not pd.api.types.is_numeric_dtype(values.infer_objects())]
        yield Table(str(path), path, pd.DataFrame(columns)[words], words)


def tracked() -> list[Path]:
    """Return the files of tables that .dvc files track, whose columns may be more than the stages read.

    Those with `push: false` stay on this machine.
    """
    found: list[Path] = []
    for folder, folders, names in os.walk("."):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for file in (Path(folder, name) for name in names if name.endswith(".dvc")):
            outs = YAML(typ="safe").load(file.read_text(encoding="utf-8"))["outs"]
            for place in (file.parent / out["path"] for out in outs if out.get("push", True)):
                found += [part for part in (place, *place.rglob("*")) if part.is_file() and is_table(part)]
    return sorted(found)

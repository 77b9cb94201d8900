"""The rows of all files of data/raw, and how each file was read."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from core.base import paths
from core.base.errors import UserError
from core.base.files import sha256
from core.data.sameness import row_keys
from core.data.splits import SPLITS
from core.data.texts import CLUSTER, SIDES, SLICE
from core.data.validation_counts import RawFile
from tasks.validation import text_columns
from tasks.validation.file_formats import contents
from tasks.validation.params import Validation


class Raw(NamedTuple):
    rows: pd.DataFrame
    files: list[RawFile]
    split_here: bool


def read(files: dict[str, list[Path]], settings: Validation) -> Raw:
    """Return the rows of all files, each with its row_id, place, split, texts, label, group and key of its text.

    The split is null where it is yet to be drawn, the group where there is none. `cluster` is there where
    validation.cluster names its column. Raises UserError with what is wrong in any of the files.
    """
    columns = dict(zip(SIDES, settings.texts, strict=False)) | {"label": settings.label}
    if settings.group is not None:
        columns["group"] = settings.group
    if settings.cluster is not None:
        columns[CLUSTER] = settings.cluster
    columns |= {f"{SLICE}{name}": name for name in settings.slices}
    tables: list[pd.DataFrame] = []
    read_files: list[RawFile] = []
    problems: list[str] = []
    for name, parts in files.items():
        of_name = []
        for path in parts:
            try:
                content = contents(path, settings.read)
                of_name.append(text_columns.chosen(content, path, columns))
                within = path.relative_to(paths.RAW) if path.is_relative_to(paths.RAW) else path
                read_files.append(
                    RawFile(file=within.as_posix(), read_as=content.how, sha256=sha256(path), rows=len(content.numbers))
                )
            except UserError as error:
                problems += error.problems
        if of_name:
            tables.append(_identified(pd.concat(of_name, ignore_index=True), name))
    if problems:
        raise UserError(*problems)
    rows = pd.concat(tables, ignore_index=True)
    return Raw(rows, read_files, split_here=not set(files) & set(SPLITS))


def _identified(table: pd.DataFrame, stem: str) -> pd.DataFrame:
    nothing = pd.Series(None, index=table.index, dtype="str")
    return table.assign(
        row_id=pd.Series([f"{stem}-{number}" for number in range(1, len(table) + 1)], dtype="str"),
        split=nothing.fillna(stem) if stem in SPLITS else nothing,
        group=table.get("group", nothing),
        key=row_keys(table),
    )


def description(readme: Path) -> str | None:
    """Return the first paragraph under the headings of a README.md, or null where there is none."""
    if not readme.is_file():
        return None
    text = readme.read_text(encoding="utf-8-sig", errors="replace")
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]  # the metadata block of a data card
    lines = ["" if line.startswith("#") else line.strip() for line in text.splitlines()]
    paragraphs = "\n".join(lines).strip().split("\n\n")
    return " ".join(paragraphs[0].split()) or None

"""The file of the rows to label."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.base.files import replacing
from tasks.validation.file_formats import Content

ADDED = ("rank", "chosen_by", "score")  # columns, behind that of the line or row in the file


class ToLabel(NamedTuple):
    """One row to label."""

    position: int  # in the file, from 0
    chosen_by: str
    score: float


def header(content: Content, label: str) -> list[str]:
    """Return the columns: what is said of the choice, then the file's own, and the label's where it has none."""
    return [content.unit, *ADDED, *content.names, *[label] * (label not in content.names)]


def write(path: Path, content: Content, label: str, rows: Sequence[ToLabel]) -> None:
    """Write the rows as CSV, the first one to label first, each with all columns of its file."""
    columns = [content.values(name) for name in content.names]
    missing = [""] * (label not in content.names)
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header(content, label))
        for rank, row in enumerate(rows, start=1):
            own = [_cell(column[row.position]) for column in columns]
            writer.writerow([content.numbers[row.position], rank, row.chosen_by, f"{row.score:.6g}", *own, *missing])


def _cell(value: Any) -> str:
    """Return a value as text; nested ones as JSON."""
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | list | dict) else str(value)

"""CSV, JSON Lines and Parquet: what a file holds, or exactly where it is broken."""

import csv
import io
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from core.base.errors import UserError
from core.base.messages import listed


class Content(NamedTuple):
    unit: str  # what the numbers count, in words: "line" or "row"
    numbers: Sequence[int]  # where each row starts
    names: list[str]
    values: Callable[[str], Sequence[Any]]  # of a named column


def contents(path: Path) -> Content:
    """Return what the file holds. Raises UserError where it is broken, with the place."""
    try:
        return FORMATS[path.suffix.lower()](path)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error})") from None


def _csv(path: Path) -> Content:
    csv.field_size_limit(sys.maxsize)  # a huge cell is reported with its row, not as a csv.Error
    reader = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    starts, records, start = [], [], 1
    try:
        for record in reader:
            if len(record) > 1 or "".join(record).strip():
                starts.append(start)
                records.append(record)
            start = reader.line_num + 1
    except csv.Error as error:
        _require_commas(path)
        raise UserError(
            f"{path}: the row that starts at line {start} has a quotation mark that is not closed, or not doubled "
            f'inside a quoted cell (line {reader.line_num}: {error}): write "" for a quotation mark within a cell'
        ) from None
    if not records:
        raise UserError(f"{path} is empty: fill it, or remove it")
    _require_equal_width(path, starts, records)
    names = [name.strip() for name in records[0]]
    columns = list(zip(*records[1:], strict=True))
    return Content("line", starts[1:], names, lambda name: columns[names.index(name)])


def _require_commas(path: Path) -> None:
    header = _decoded(path).partition("\n")[0]
    separator = next((mark for mark in ";\t|" if mark in header and "," not in header), None)
    if separator:
        raise UserError(f"{path}: its cells seem separated by {separator!r}: save it with commas (CSV UTF-8)")


def _require_equal_width(path: Path, starts: list[int], records: list[list[str]]) -> None:
    width = len(records[0])
    ragged = [(line, len(record)) for line, record in zip(starts, records, strict=True) if len(record) != width]
    if ragged:
        (line, fields), *others = ragged
        also = f" (so has line {listed([str(line) for line, _ in others])})" if others else ""
        raise UserError(
            f"{path} line {line} has {fields} fields where the header has {width}{also}: "
            "put a text that holds commas or line breaks in double quotes"
        )


def _json_lines(path: Path) -> Content:
    numbers, records = [], []
    for number, line in enumerate(_decoded(path).split("\n"), start=1):
        if line.strip():
            numbers.append(number)
            records.append(_json_object(line, f"{path} line {number}"))
    if not records:
        raise UserError(f"{path} is empty: fill it, or remove it")
    names = list(dict.fromkeys(name for record in records for name in record))
    return Content("line", numbers, names, lambda name: [record.get(name) for record in records])


def _json_object(line: str, place: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        value = error
    if isinstance(value, dict):
        return value
    why = f"{value.msg}, column {value.colno}" if isinstance(value, json.JSONDecodeError) else "not an object"
    raise UserError(f'{place} is broken ({why}): each line holds one object, such as {{"text": "...", "label": "..."}}')


def _parquet(path: Path) -> Content:
    try:
        table = pq.read_table(path, partitioning=None)
    except pa.ArrowException as error:
        why = " ".join(str(error).split())
        raise UserError(f"{path} is truncated or not a Parquet file ({why}): write or copy it again") from None
    numbers = range(1, table.num_rows + 1)
    return Content("row", numbers, table.column_names, lambda name: table.column(name).to_pylist())


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        encoding = "UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "WINDOWS-1252"
        name, place = shlex.quote(path.name), shlex.quote(str(path))
        raise UserError(
            f"{path} line {line} is not UTF-8 (byte 0x{content[error.start]:02x} at offset {error.start}): "
            f"convert it, from {encoding} for example, with "
            f"`iconv -f {encoding} -t UTF-8 {place} > {name} && mv {name} {place}`"
        ) from None


FORMATS: dict[str, Callable[[Path], Content]] = {".csv": _csv, ".jsonl": _json_lines, ".parquet": _parquet}

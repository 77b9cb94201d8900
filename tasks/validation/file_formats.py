"""What a file of any known format holds and how it was read, or exactly where it is broken."""

import gzip
import json
import re
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.base.errors import UserError
from core.base.messages import listed, shortened
from tasks.validation import delimited, typed_tables
from tasks.validation.encodings import decoded
from tasks.validation.params import FOUND_OUT, Reading

KINDS = {b"PAR1": ".parquet", b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls", b"BZh": ".bz2", b"\xfd7zXZ": ".xz"}
REPLACED = "\ufffd"  # what programs write for bytes that they cannot read
MISREAD = re.compile(r"[\u00c2-\u00f4\u201a-\u2122][\u0080-\u00bf\u0152-\u2122]+")  # UTF-8 read as Windows-1252


class Content(NamedTuple):
    unit: str  # what the numbers count, in words: "line" or "row"
    numbers: Sequence[int]  # where each row starts
    names: list[str]
    values: Callable[[str], Sequence[Any]]  # of a named column
    how: str  # it was read, in words
    lacks_header: bool = False  # the first line looks like a row


def contents(path: Path, reading: Reading = FOUND_OUT) -> Content:
    """Return what the file holds. Raises UserError where it is broken, with the place, or of an unknown format."""
    if not is_table(path):
        raise UserError(f"{path} is none of {', '.join(FORMATS)}: convert it, to CSV UTF-8 for example")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error})") from None
    packed = content.startswith(b"\x1f\x8b")
    if packed:
        content = _unpacked(content, path)
    kind = ending(path).removesuffix(".gz")
    there = next((kind for start, kind in KINDS.items() if content.startswith(start)), kind)
    if there != kind and kind in TEXT:
        raise UserError(f"{path} is no text but a {there} file by its first bytes: rename it, or save it as CSV UTF-8")
    found = FORMATS[kind](content, path, reading)
    return found._replace(how=f"{found.how}, gzip") if packed else found


def ending(path: Path) -> str:
    """Return the ending of a file's name, such as .csv or .csv.gz."""
    *_, before, last = ["", "", *(suffix.lower() for suffix in path.suffixes)]
    return before + last if last == ".gz" else last


def is_table(path: Path) -> bool:
    """Return whether a file's name ends as those do that can be read."""
    return ending(path).removesuffix(".gz") in FORMATS


def _unpacked(content: bytes, path: Path) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} is cut off or damaged ({error}): copy it again") from None


def _delimited(usual: str) -> Callable[[bytes, Path, Reading], Content]:
    def read(content: bytes, path: Path, reading: Reading) -> Content:
        text, encoding = decoded(content, str(path), reading.encoding)
        found = delimited.rows(text, str(path), usual, reading)
        names, *records = found.records
        columns: list[Sequence[Any]] = list(zip(*records, strict=True)) or [[] for _ in names]
        lacks_header = delimited.lacks_header(names, records)
        how = ", ".join([encoding, found.how, *_lost(text)])
        return _named("line", found.starts[1:], names, columns, how, path)._replace(lacks_header=lacks_header)

    return read


def _named(
    unit: str, numbers: Sequence[int], names: Sequence[str], columns: list[Sequence[Any]], how: str, path: Path
) -> Content:
    """Return the columns that have a name. Raises UserError where another holds what would be lost."""
    by_place = {place: name.strip() for place, name in enumerate(names)}
    for place in [place for place, name in by_place.items() if not name]:
        filled = [
            (number, str(cell)) for number, cell in zip(numbers, columns[place], strict=True) if str(cell or "").strip()
        ]
        if place == 0 and len({cell for _, cell in filled if cell.isdigit()}) == len(numbers):
            how += ", its first column, which counts rows, left out"
        elif filled:
            (number, cell), *others = filled
            also = f" (and {len(others)} more: {unit} {listed([str(other) for other, _ in others])})" if others else ""
            raise UserError(
                f"{path} {unit} {number} has {shortened(cell)} in column {place + 1}, which has no name{also}: name it "
                "in the header, or put a text that holds commas in double quotes"
            )
        del by_place[place]
    places = list(by_place)
    kept = list(by_place.values())
    return Content(unit, numbers, kept, lambda name: columns[places[kept.index(name)]], how)


def _lost(text: str) -> list[str]:
    """Return what an earlier program seems to have lost of the characters."""
    notes = []
    if count := text.count(REPLACED):
        notes.append(f"with {count} characters that were lost before (line {_line(text, text.index(REPLACED))})")
    for found in MISREAD.finditer(text):
        try:
            right = found[0].encode("cp1252").decode("utf-8")
        except UnicodeError:
            continue
        notes.append(f"which may have been misread before (line {_line(text, found.start())}: {found[0]} for {right})")
        break
    return notes


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _json(content: bytes, path: Path, reading: Reading) -> Content:
    text, encoding = decoded(content, str(path), reading.encoding)
    numbers, records = [], []
    if path.name.removesuffix(".gz").lower().endswith(".json") and text.lstrip().startswith("["):
        values = _json_value(text, str(path), "the file holds a list of objects")
        records = [_object(value, f"{path} item {number}") for number, value in enumerate(values, start=1)]
        numbers = list(range(1, len(records) + 1))
    else:
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                place = f"{path} line {number}"
                numbers.append(number)
                records.append(_object(_json_value(line, place, EACH_LINE), place))
    if not records:
        raise UserError(f"{path} is empty: fill it, or remove it")
    names = list(dict.fromkeys(name for record in records for name in record))
    unit = "line" if text.lstrip().startswith("{") else "item"
    how = ", ".join([encoding, "JSON", *_lost(text)])
    return Content(unit, numbers, names, lambda name: [record.get(name) for record in records], how)


EACH_LINE = 'each line holds one object, such as {"text": "...", "label": "..."}'


def _json_value(text: str, place: str, expected: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_distinct)
    except RecursionError:
        why = "nested too deeply"
    except json.JSONDecodeError as error:
        why = f"{error.msg}, column {error.colno}"
    except ValueError as error:
        why = str(error)
    raise UserError(f"{place} is broken ({why}): {expected}")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = next(name for name, _ in pairs if [name for name, _ in pairs].count(name) > 1)
        raise ValueError(f"{twice!r} stands twice")
    return values


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(f"{place} is broken (not an object): {EACH_LINE}")
    return value


def _typed(content: bytes, path: Path, reading: Reading) -> Content:
    kind = ending(path).removesuffix(".gz")
    table = typed_tables.READERS[kind](content, str(path))
    numbers = range(1, table.num_rows + 1)
    return Content(
        "row", numbers, table.column_names, lambda name: typed_tables.column(table, name, path), kind[1:].capitalize()
    )


def _excel(content: bytes, path: Path, reading: Reading) -> Content:
    names, numbers, rows = typed_tables.excel(content, str(path))
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [[] for _ in names]
    return _named("row", numbers, names, columns, "Excel", path)


TEXT: dict[str, Callable[[bytes, Path, Reading], Content]] = {
    ".csv": _delimited(","),
    ".tsv": _delimited("\t"),
    ".jsonl": _json,
    ".ndjson": _json,
    ".json": _json,
}
FORMATS = TEXT | {".parquet": _typed, ".arrow": _typed, ".xlsx": _excel}

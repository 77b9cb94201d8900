"""What a file of any known format holds and how it was read, or exactly where it is broken."""

import gzip
import re
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.base.errors import UserError
from core.base.messages import listed, shortened
from core.data.sameness import key
from tasks.validation import delimited, json_records, typed_tables
from tasks.validation.encodings import decoded
from tasks.validation.params import FOUND_OUT, Reading

ZIP = b"PK\x03\x04"
KINDS = {  # by the first bytes
    b"PAR1": ".parquet",
    b"ARROW1": ".arrow",
    ZIP: ".xlsx",
    b"\xd0\xcf\x11\xe0": ".xls",
    b"BZh": ".bz2",
    b"\xfd7zXZ": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"%PDF": ".pdf",
    b"SQLite format 3": "SQLite",
    b"\x80\x04\x95": "pickle",
    b"<!doctype html": "HTML",
    b"<html": "HTML",
}
WORKBOOK = b"xl/workbook.xml"  # stands in an .xlsx, of all packed files that begin as it does
POINTER = b"version https://git-lfs.github.com/"
GZIP = b"\x1f\x8b"
NO_NAME = re.compile(
    r"Unnamed: \d+(?:\.\d+|_level_\d+)*|\.\.\.\d+"
)  # what pandas and readr call a column without a name
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
    packed = content.startswith(GZIP)
    while content.startswith(GZIP):
        content = _unpacked(content, path)
    kind = ending(path).removesuffix(".gz")
    _refuse_other(content, kind, path)
    found = FORMATS[kind](content, path, reading)
    return found._replace(how=f"{found.how}, gzip") if packed else found


def _refuse_other(content: bytes, kind: str, path: Path) -> None:
    """Raise UserError where the first bytes are those of another kind of file than its name says."""
    if content.startswith(POINTER):
        raise UserError(f"{path} is a pointer of Git LFS, not the file that it stands for: `git lfs pull` fetches that")
    begin = content[:20].lstrip().lower() if content[:1] in b"< \n" else content
    there = next((kind for start, kind in KINDS.items() if begin.startswith(start)), kind)
    if there == ".xlsx" != kind and WORKBOOK not in content:
        there = ".zip"
    if there != kind:
        remedy = "rename it" if there in FORMATS else "bring the table that it holds"
        raise UserError(f"{path} is no {kind} but a {there} file by its first bytes: {remedy}, or save it as CSV UTF-8")


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
    by_place = {place: "" if NO_NAME.fullmatch(name.strip()) else name.strip() for place, name in enumerate(names)}
    left_out = 0
    for place in [place for place, name in by_place.items() if not name]:
        filled = [
            (number, str(cell)) for number, cell in zip(numbers, columns[place], strict=True) if str(cell or "").strip()
        ]
        if place == left_out and len({cell for _, cell in filled if cell.isdigit()}) == len(numbers):
            left_out += 1
        elif filled:
            (number, cell), *others = filled
            also = f" (and {len(others)} more: {unit} {listed([str(other) for other, _ in others])})" if others else ""
            raise UserError(
                f"{path} {unit} {number} has {shortened(cell)} in column {place + 1}, which has no name{also}: name it "
                "in the header, or put a text that holds commas in double quotes"
            )
        del by_place[place]
    how += ", its first column, which counts rows, left out" if left_out else ""
    places = list(by_place)
    kept = list(by_place.values())
    _refuse_header_again(unit, numbers, {by_place[place]: columns[place] for place in places}, path)
    return Content(unit, numbers, kept, lambda name: columns[places[kept.index(name)]], how)


def _refuse_header_again(unit: str, numbers: Sequence[int], columns: dict[str, Sequence[Any]], path: Path) -> None:
    """Raise UserError where a row holds the names of the columns, as where tables were joined."""
    if len(columns) < 2:
        return
    keys = [key(name) for name in columns]
    longest = max(map(len, columns)) + 5
    rows = enumerate(zip(*columns.values(), strict=True))
    again = [
        str(numbers[place])
        for place, cells in rows
        if all(len(str(cell)) < longest for cell in cells) and [key(str(cell)) for cell in cells] == keys
    ]
    if again:
        raise UserError(f"{path} {unit} {listed(again)} is the header again: delete it")


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
    unit, numbers, records, how = json_records.records(text, str(path))
    names = list(dict.fromkeys(name for record in records for name in record))
    how = ", ".join([encoding, how, *_lost(text)])
    return Content(unit, numbers, names, lambda name: [record.get(name) for record in records], how)


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

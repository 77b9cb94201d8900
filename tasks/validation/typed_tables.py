"""Tables with types: Parquet, the Arrow files of a saved `datasets` folder, Excel. Classes have their names."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from core.base.errors import UserError
from core.base.messages import listed

NOT_COMPUTED = re.compile(rb'<c r="(\w+)"(?![^>]*t="str")[^>]*><f[^>]*(?:/>|>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>')
LONGEST_CELL = 32_767  # characters that Excel keeps


def parquet(content: bytes, name: str) -> pa.Table:
    """Return the table of a Parquet file. Raises UserError where it is none."""
    try:
        return pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True).read()
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise UserError(f"{name} is truncated or not a Parquet file ({_flat(error)}): write or copy it again") from None


def arrow(content: bytes, name: str) -> pa.Table:
    """Return the table of an Arrow file, as `datasets` saves it. Raises UserError where it is none."""
    try:
        try:
            return pa.ipc.open_stream(content).read_all()
        except pa.ArrowInvalid:
            return pa.ipc.open_file(pa.BufferReader(content)).read_all()
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise UserError(f"{name} is truncated or not an Arrow file ({_flat(error)}): write or copy it again") from None


def _flat(error: Exception) -> str:
    return " ".join(str(error).split())


def column(table: pa.Table, name: str, path: Path) -> Sequence[Any]:
    """Return the values of a column, of which the ids of classes are replaced by their names.

    Raises UserError where an id has no name.
    """
    try:
        values: list[Any] = table.column(table.column_names.index(name)).to_pylist()
    except (pa.ArrowException, ValueError, OverflowError) as error:  # the last: a date that Python has not
        raise UserError(f"{path}, column {name}, is damaged ({_flat(error)}): write or copy the file again") from None
    classes = _features(table, path).get(name)
    if not isinstance(classes, dict) or classes.get("_type") != "ClassLabel" or not classes.get("names"):
        return values
    names: list[str] = classes["names"]
    of_id = dict(enumerate(names)) | {None: None, -1: None}  # -1: not labelled
    unknown = sorted({str(value) for value in values if value not in of_id})
    if unknown:
        raise UserError(
            f"{path}, column {name}: {listed(unknown)} is none of its {len(names)} classes ({listed(names)}), which "
            "its metadata number from 0: write the column anew"
        )
    return [of_id[value] for value in values]


def _features(table: pa.Table, path: Path) -> dict[str, Any]:
    """Return what `datasets` says of the columns, in the table's metadata or beside the file."""
    described = (table.schema.metadata or {}).get(b"huggingface")
    beside = path.parent / "dataset_info.json"
    try:
        if described:
            features = json.loads(described)["info"]["features"]
        elif path.suffix == ".arrow" and beside.is_file():
            features = json.loads(beside.read_text(encoding="utf-8"))["features"]
        else:
            features = {}
    except (ValueError, KeyError, TypeError):
        features = {}
    return features if isinstance(features, dict) else {}


def excel(content: bytes, name: str) -> tuple[list[str], list[int], list[list[Any]]]:
    """Return the names of the columns of a workbook's one sheet, and its rows with their numbers.

    Raises UserError where it is damaged, or more than one sheet holds something.
    """
    try:
        from openpyxl import load_workbook
    except ModuleNotFoundError:
        raise UserError(f"{name}: an Excel file needs `pip install .[excel]`; or save it as CSV UTF-8") from None
    try:
        book = load_workbook(io.BytesIO(content), data_only=True)
    except Exception as error:  # whatever a damaged archive makes of openpyxl
        raise UserError(f"{name} is damaged or not an .xlsx file ({_flat(error)}): save it anew") from None
    _refuse_lost(book, content, name)
    sheets = [(sheet, rows) for sheet in book.worksheets if (rows := _cells(sheet))]
    if len(sheets) != 1:
        names = ", ".join(sheet.title for sheet, _ in sheets)
        raise UserError(
            f"{name} has {len(sheets)} sheets with data ({names}): leave one, or save each as a file"
            if sheets
            else f"{name} is empty: fill it, or remove it"
        )
    ((_, rows),) = sheets
    cut = [
        number for number, cells in rows if any(isinstance(cell, str) and len(cell) >= LONGEST_CELL for cell in cells)
    ]
    if cut:
        raise UserError(
            f"{name} row {listed(list(map(str, cut)))} has a cell of {LONGEST_CELL} characters, where Excel cuts texts "
            "off: bring the texts in another format"
        )
    (_, header), *rest = rows
    return (
        ["" if cell is None else str(cell) for cell in header],
        [number for number, _ in rest],
        [row for _, row in rest],
    )


def _refuse_lost(book: Any, content: bytes, name: str) -> None:
    """Raise UserError where cells have lost what they held: merged ones, errors, formulas that were never computed."""
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        parts = [files.read(part) for part in files.namelist() if part.startswith("xl/worksheets/")]
    if formulas := [cell.decode() for part in parts for cell in NOT_COMPUTED.findall(part)]:
        raise UserError(
            f"{name} has formulas that were never computed ({listed(formulas)}): open it in Excel and save it"
        )
    for sheet in book.worksheets:
        merged = [str(cells) for cells in sheet.merged_cells.ranges]
        if merged:
            raise UserError(
                f"{name} has merged cells ({listed(merged)}), of which Excel keeps one value: unmerge them, fill each "
                "cell, and delete what stands above the names of the columns"
            )
        errors = [
            f"{cell.coordinate} {cell.value}" for row in sheet.iter_rows() for cell in row if cell.data_type == "e"
        ]
        if errors:
            raise UserError(
                f"{name} has cells that hold an error ({listed(errors)}) where there was something else: mend them, or "
                "bring the texts in another format"
            )


def _cells(sheet: Any) -> list[tuple[int, list[Any]]]:
    """Return the rows of a sheet from the first to the last that hold something: one between may be a missing text."""
    rows = [(number, list(row)) for number, row in enumerate(sheet.iter_rows(values_only=True), start=1)]
    filled = [
        place for place, (_, row) in enumerate(rows) if any(cell is not None and str(cell).strip() for cell in row)
    ]
    return rows[filled[0] : filled[-1] + 1] if filled else []


READERS: dict[str, Callable[[bytes, str], pa.Table]] = {".parquet": parquet, ".arrow": arrow}

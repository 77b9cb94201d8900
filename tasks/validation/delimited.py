"""Tables of text: their separator and quoting, told by params.yaml or found out, and their rows, none cut off.

A form fits where every row has as many fields as the header. Where two fit, nothing is guessed.
"""

import csv
import io
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from core.base.errors import UserError
from core.base.messages import listed, shortened
from tasks.validation.params import Reading

SEPARATORS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "vertical bar"}
QUOTING: dict[str, dict[str, Any]] = {  # by its name in params.yaml: what Python's csv calls it
    "doubled": {"quotechar": '"', "doublequote": True},
    "backslash": {"quotechar": '"', "doublequote": False, "escapechar": "\\"},
    "single": {"quotechar": "'", "doublequote": True},
    "none": {"quoting": csv.QUOTE_NONE},
}
SAID = {"doubled": "", "backslash": ', \\" for a quotation mark', "single": ", single quotes", "none": ", no quoting"}


class Rows(NamedTuple):
    separator: str
    quoting: str
    starts: Sequence[int]  # the line where each row starts, the header's first
    records: Sequence[list[str]]

    @property
    def how(self) -> str:
        return f"{SEPARATORS.get(self.separator, repr(self.separator))}-separated{SAID[self.quoting]}"


class Broken(NamedTuple):
    separator: str
    quoting: str
    fault: str  # behind the file's name, where and what to do


def rows(text: str, name: str, usual: str, reading: Reading) -> Rows:
    """Return the rows of a file, whose usual separator its name tells. Raises UserError where it is broken."""
    csv.field_size_limit(sys.maxsize)  # a huge cell is reported with its row, not as a csv.Error
    text = text.removesuffix("\x1a")  # by which DOS ends a file
    first, _, rest = text.partition("\n")
    skipped = 0
    if first.startswith("sep=") and len(first.strip()) == 5:  # as Excel writes it
        reading, text, skipped = reading.model_copy(update={"separator": first[4]}), rest, 1
    header = next((line for line in text.splitlines() if line.strip()), None)
    if header is None:
        raise UserError(f"{name} is empty: fill it, or remove it")
    marks = [reading.separator] if reading.separator else [mark for mark in SEPARATORS if mark in header] or [usual]
    attempts = [attempt for mark in marks for attempt in _attempts(text, mark, skipped, reading.quoting)]
    fitting = [attempt for attempt in attempts if isinstance(attempt, Rows)]
    if len(fitting) > 1:
        fitting = [each for each in fitting if each.separator == usual == "\t"] or fitting
    if len(fitting) > 1:
        raise UserError(_undecided(name, *fitting[:2]))
    if not fitting:
        broken = max(
            (each for each in attempts if isinstance(each, Broken)), key=lambda each: header.count(each.separator)
        )
        raise UserError(f"{name}{broken.fault}")
    _refuse_row_in_header(fitting[0], name)
    _refuse_swallowed(fitting[0], text, name, skipped)
    return fitting[0]


def _attempts(text: str, separator: str, skipped: int, told: str | None) -> list[Rows | Broken]:
    """Return the readings with a separator that fit, or else one that is broken."""
    if told:
        return [_read(text, separator, told, skipped)]
    single = text.lstrip().startswith("'") and f"'{separator}'" in text.partition("\n")[0]
    usual = _read(text, separator, "single" if single else "doubled", skipped)
    if isinstance(usual, Broken) and f"\\{separator}" in text:
        escaped = _read(text, separator, "backslash", skipped)
        usual = escaped if isinstance(escaped, Rows) else usual
    if '"' not in text:
        return [usual]
    if f'{separator} "' in text:  # a space before what is quoted
        spaced = _read(text, separator, "doubled", skipped, skipinitialspace=True)
        usual = spaced if isinstance(spaced, Rows) else usual
    plain = _read(text, separator, "none", skipped)
    if isinstance(usual, Rows):
        # A quotation mark that is not closed takes in the rows down to the next one.
        takes_in_rows = isinstance(plain, Rows) and len(plain.records) > len(usual.records)
        return [usual, plain] if takes_in_rows else [usual]
    escaped = _read(text, separator, "backslash", skipped) if '\\"' in text else usual
    if isinstance(escaped, Rows):
        return [escaped]
    return [plain if separator == "\t" and isinstance(plain, Rows) else usual]


def _read(text: str, separator: str, quoting: str, skipped: int, *, skipinitialspace: bool = False) -> Rows | Broken:
    form = QUOTING[quoting] | {"delimiter": separator, "skipinitialspace": skipinitialspace}
    # Not a StringIO, which takes four bytes for each character.
    lines = io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogatepass")), "utf-8", "surrogatepass", newline="")
    reader = csv.reader(lines, strict=True, **form)
    starts: list[int] = []
    records: list[list[str]] = []
    start = 1
    try:
        for record in reader:
            # An empty line is no row. In a file of one column "" is one: its text is missing.
            if "".join(record).strip() or len(record) > 1 or (record and records and len(records[0]) == 1):
                starts.append(start + skipped)
                records.append(record)
            start = reader.line_num + 1
    except csv.Error as error:
        return Broken(
            separator,
            quoting,
            f": the row that starts at line {start + skipped} has a quotation mark that is not closed, or not doubled "
            f'inside a quoted cell (line {reader.line_num + skipped}: {error}): write "" for a quotation mark within '
            "a cell, or set validation.read.quoting in params.yaml to none where the file quotes no cells",
        )
    width = len(records[0])
    records = [record[:width] if not any(record[width:]) else record for record in records]  # empty cells at its end
    ragged = [(line, len(record)) for line, record in zip(starts, records, strict=True) if len(record) != width]
    return (
        Broken(separator, quoting, _ragged(ragged, records, separator))
        if ragged
        else Rows(separator, quoting, starts, records)
    )


def _ragged(ragged: list[tuple[int, int]], records: list[list[str]], separator: str) -> str:
    (line, fields), *others = ragged
    header, *rest = records
    also = f" (so has line {listed([str(line) for line, _ in others])})" if others else ""
    has = f" line {line} has {fields} fields where the header has {len(header)}{also}: "
    if len(header) == 1 and len(others) + 1 == len(rest) > 1 and not lacks_header(rest[0], rest[1:]):
        return f"{has}line {line - 1} ({_shown(header)}) seems to be a title, so delete all above the names of columns"
    if lacks_header(header, rest):
        return f": {no_header(header)}"
    if {len(record) for record in rest} == {len(header) + 1}:
        return f"{has}name the column without a name, or put a text that holds {_named(separator)} in double quotes"
    if fields < len(header):
        return f"{has}a cell is missing, or a text with a line break is not in double quotes"
    return f"{has}put a text that holds {_named(separator)} or line breaks in double quotes"


def _named(separator: str) -> str:
    return f"{SEPARATORS[separator]}s" if separator in SEPARATORS else repr(separator)


def lacks_header(names: Sequence[str], records: Sequence[Sequence[str]]) -> bool:
    """Return whether the first line looks like a row: a sentence, a number, or a value that rows have too."""
    first = [name.strip() for name in names]
    of_a_text = any(len(name) > 60 or name.count(" ") > 4 or name.replace(".", "", 1).isdigit() for name in first)
    aligned = [record for record in records if len(record) == len(first)]
    return of_a_text or any(
        name and any(record[place].strip() == name for record in aligned) for place, name in enumerate(first)
    )


def no_header(names: Sequence[str]) -> str:
    """Return what to do about a file without a header."""
    return (
        f"there seems to be no header: its first line is {_shown(names)}: write a "
        "line with the names of the columns above it"
    )


def _shown(cells: Sequence[str]) -> str:
    return ", ".join(map(shortened, cells[:5]))


def _undecided(name: str, first: Rows, second: Rows) -> str:
    if first.separator != second.separator:
        key, values = "separator", [repr(each.separator) for each in (first, second)]
    else:
        key, values = "quoting", [first.quoting, second.quoting]
    place = next(
        (place for place, (a, b) in enumerate(zip(first.records, second.records, strict=False)) if a != b), 0
    )  # of the first row that they read differently
    samples = "; ".join(
        f"{each.how}, {len(each.records) - 1} rows, one of them {_shown(each.records[place])}"
        for each in (first, second)
    )
    return (
        f"{name} line {first.starts[place]} can be read in two ways: {samples}. Set validation.read.{key} in "
        f"params.yaml to {' or '.join(values)}"
    )


def _refuse_row_in_header(found: Rows, name: str) -> None:
    """Raise UserError where the header holds a quoted text, as the line break behind it is missing."""
    header = found.records[0]
    odd = [column for column in header if '"' in column and len(column) > 20]
    if odd and found.quoting != "none":
        raise UserError(
            f"{name} line {found.starts[0]} names a column {shortened(odd[0])}: the first row seems to follow it on "
            "the same line; break the line behind the names of the columns"
        )


def _refuse_swallowed(found: Rows, text: str, name: str, skipped: int) -> None:
    """Raise UserError where a cell holds what looks like a row of its own: a quotation mark may not be closed."""
    if not any("\n" in cell for record in found.records for cell in record):
        return
    lines = text.splitlines()
    ends = [*found.starts[1:], len(lines) + skipped + 1]
    spans = [end - start for start, end in zip(found.starts, ends, strict=True)]
    width = len(found.records[0])
    known = [
        {value for value, times in Counter(record[place].strip() for record in found.records[1:]).items() if times > 1}
        for place in range(width)
    ]
    for start, span, record in zip(found.starts, spans, found.records, strict=True):
        if span == 1 or not any("\n" in cell for cell in record):
            continue
        for number in range(start + 1, start + span - 1):  # lines within, neither the first nor the last
            fields = [field.strip() for field in lines[number - 1 - skipped].split(found.separator)]
            if len(fields) == width > 1 and any(field and field in known[place] for place, field in enumerate(fields)):
                raise UserError(
                    f"{name} line {number} looks like a row of its own ({_shown(fields)}), and "
                    f"stands within the row that starts at line {start}: close the quotation mark there, or, where it "
                    "is right, set validation.read.quoting in params.yaml to what the file does"
                )

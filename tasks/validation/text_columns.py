"""Columns of text from a file of data/raw, each row with its place for messages."""

import difflib
import json
import math
import re
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from core.base.errors import UserError
from core.base.messages import shortened
from core.data.texts import CLUSTER, SIDES, SLICE
from tasks.validation.delimited import no_header
from tasks.validation.file_formats import Content, contents
from tasks.validation.params import FOUND_OUT, Reading


def read(path: Path, columns: dict[str, str], reading: Reading = FOUND_OUT) -> pd.DataFrame:
    """Return columns of text of a file. Raises UserError where it is broken or a column is missing."""
    return chosen(contents(path, reading), path, columns)


def chosen(content: Content, path: Path, columns: dict[str, str]) -> pd.DataFrame:
    """Return columns of text, stripped and null where empty, and each row's `place` for messages.

    `columns` maps the keys of params.yaml's section `validation` to names of columns.
    Raises UserError where a column is missing, or two have its name.
    """
    missing = {key: name for key, name in columns.items() if name not in content.names}
    if missing and content.lacks_header:
        raise UserError(f"{path}: {no_header(content.names)}, such as {', '.join(dict.fromkeys(columns.values()))}")
    if missing and (separator := _separator(content.names, columns)):
        raise UserError(
            f"{path} has one column, {content.names[0]!r}, whose cells seem separated by {separator!r}: set "
            "validation.read.separator in params.yaml to that"
        )
    problems = [_missing(path, key, name, content.names) for key, name in missing.items()]
    problems += [
        f"{path} has {content.names.count(name)} columns named {name!r}: rename or remove all but one"
        for name in columns.values()
        if content.names.count(name) > 1
    ]
    if problems:
        raise UserError(*problems)
    if not content.numbers:
        raise UserError(f"{path} has no rows: fill it, or remove it")
    places = [f"{path} {content.unit} {number}" for number in content.numbers]
    texts = {
        key: [_text(value, place, name) for value, place in zip(content.values(name), places, strict=True)]
        for key, name in columns.items()
    }
    return pd.DataFrame({"place": places, **texts}, dtype="str")


def _separator(names: list[str], columns: dict[str, str]) -> str | None:
    """Return the character between the names of the columns, where all of them stand in one."""
    if len(names) != 1 or len(columns) < 2 or not all(name in names[0] for name in columns.values()):
        return None
    others = set(re.sub("|".join(map(re.escape, columns.values())), "", names[0])) - {" "}
    between = [mark for mark in others if not mark.isalnum() and set(columns.values()) <= set(names[0].split(mark))]
    return between[0] if between else None


def _missing(path: Path, key: str, name: str, names: list[str]) -> str:
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    remedy = f"Did you mean {nearest[0]!r}? " if nearest else ""
    otherwise = ", or to null where rows share nothing" if key in ("group", CLUSTER) else ""
    if key.startswith(SLICE):
        key, otherwise = "slices", ", or leave it out there"
    key = "text" if key in SIDES else key
    return (
        f"{path} has no column {name!r}; its columns are {', '.join(map(shortened, names[:20]))}. "
        f"{remedy}Rename the column, or set validation.{key} in params.yaml to its name{otherwise}"
    )


def _text(value: Any, place: str, name: str) -> str | None:
    """Return the value as it would stand in a CSV file, null where it is empty."""
    if isinstance(value, float):
        # Labels that are whole numbers arrive as floats where a tool wrote a column with gaps.
        value = None if math.isnan(value) else int(value) if value.is_integer() else value
    if value is None:
        return None
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            raise UserError(f"{place}, column {name}: holds bytes that are not UTF-8: write it as text") from None
    if isinstance(value, datetime) and str(value).endswith(" 00:00:00"):
        value = value.date()  # as Excel keeps a day, which other formats write without a time
    if not isinstance(value, str | Decimal | date | time):
        raise UserError(f"{place}, column {name}: a {type(value).__name__} is not text: write it as text or a number")
    text = str(value).strip()
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UserError(f"{place}, column {name}: {shortened(text)} holds half a character: write it anew") from None
    return text or None

"""The objects of a JSON file: one a line, a list, or a list within an object; each with its number for messages."""

import json
import re
from typing import Any, NamedTuple

from core.base.errors import UserError

EACH_LINE = 'each line holds one object, such as {"text": "...", "label": "..."}'
LINE_END = re.compile(r"\r\n|\r|\n")
ROWS = "`to_json(..., orient='records', lines=True)` of pandas writes rows"


class Records(NamedTuple):
    unit: str
    numbers: list[int]
    records: list[dict[str, Any]]
    how: str = "JSON"


def records(text: str, name: str) -> Records:
    """Return the objects. Raises UserError where the file is broken, with the place, or holds none."""
    start = text.lstrip()[:1]
    if start == "[":
        found = _of_list(_value(text, name, "the file holds a list of objects"), name)
    elif start == "{" and (whole := _one_object(text)) is not None:
        found = _of_object(whole, name)
    else:
        found = _of_lines(text, name)
    if not found.records:
        raise UserError(f"{name} is empty: fill it, or remove it")
    return found


def _of_lines(text: str, name: str) -> Records:
    numbers, found = [], []
    for number, line in enumerate(LINE_END.split(text), start=1):
        if line.strip():
            place = f"{name} line {number}"
            numbers.append(number)
            found.append(_object(_value(line, place, EACH_LINE), place))
    return Records("line", numbers, found)


def _of_list(values: list[Any], name: str) -> Records:
    found = [_object(value, f"{name} item {number}") for number, value in enumerate(values, start=1)]
    return Records("item", list(range(1, len(found) + 1)), found)


def _one_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text, object_pairs_hook=_distinct)
    except (ValueError, RecursionError):
        return None  # several, or a broken one: said by line
    return value if isinstance(value, dict) else None


def _of_object(whole: dict[str, Any], name: str) -> Records:
    """Return the rows that one object holds in a list, or else itself. Raises UserError where it holds columns."""
    lists = [key for key, value in whole.items() if isinstance(value, list) and value and isinstance(value[0], dict)]
    if len(lists) == 1:
        return _of_list(whole[lists[0]], name)._replace(how=f"JSON, the list {lists[0]!r}")
    if all(isinstance(value, list | dict) for value in whole.values()):
        raise UserError(f"{name} holds one object, whose values are not rows: {EACH_LINE}; {ROWS}")
    return Records("line", [1], [whole])


def _value(text: str, place: str, expected: str) -> Any:
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
    values = {name.strip(): value for name, value in pairs}
    if len(values) < len(pairs):
        names = [name.strip() for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands twice")
    return values


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(f"{place} is broken (not an object): {EACH_LINE}")
    return value

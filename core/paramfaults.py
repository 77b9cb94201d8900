"""How a fault of params.yaml is told: where it is, which value, and what would be right."""

import difflib
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel


def told(path: Path, found: Any, known: type[BaseModel]) -> str:
    """Return one of pydantic's errors about the file as a user's problem; `known` are the sections it may have."""
    if not found["loc"] and found["type"] == "value_error":
        return f"{path}: {found['msg'].removeprefix('Value error, ')}"
    if not found["loc"]:
        return f"{path} is empty, or no sections with keys: `git checkout {path}` brings back the last one committed"
    where = ".".join(map(str, found["loc"]))
    if found["type"] == "extra_forbidden":
        return f"{path}: {where} is not a known key{_nearest(found['loc'], known)}"
    if found["type"] == "missing":
        return f"{path}: {where} is missing; `git diff {path}` shows what was removed"
    message = found["msg"].removeprefix("Value error, ").replace(" after validation", "")
    if found["type"] == "string_type" and isinstance(found["input"], bool | int | float):
        message += "; put it in quotation marks"  # YAML reads true, null and 1 as something else
    if found["type"] == "list_type":
        message += f"; write [{found['input']}]"
    if _may_be_null(found["loc"], known):
        message += ", or null"
    if isinstance(found["input"], dict | list):
        return f"{path}: {where}: {message[0].lower()}{message[1:]}"
    return f"{path}: {where} is {_written(found['input'])}: {message[0].lower()}{message[1:]}"


def _written(value: Any) -> str:
    spelled = {None: "null", True: "true", False: "false"}  # in YAML, and not as in Python
    return spelled[value] if value is None or isinstance(value, bool) else repr(value)


def _may_be_null(location: tuple[Any, ...], known: Any) -> bool:
    for name in location:
        fields = getattr(known, "model_fields", {})
        if name not in fields:  # within a list
            return False
        known = fields[name].annotation
    return NoneType in get_args(known)


def _nearest(location: tuple[Any, ...], known: Any) -> str:
    for section in location[:-1]:
        known = known.model_fields[section].annotation
    keys = list(known.model_fields)
    nearest = difflib.get_close_matches(str(location[-1]), keys, n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]}?" if nearest else f"; known are {', '.join(keys)}"

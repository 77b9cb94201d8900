"""params.yaml as stages read it: one section each, of a file of which all is checked before any of them works.

A section is defined in the room of its stage (tasks/<stage>/params.py), that of the model in core/encoders/params.py,
and the whole in tasks/params.py.
"""

import difflib
from importlib import import_module
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from core.base import paths
from core.base.errors import UserError
from core.base.files import conflict

Name = Annotated[str, Field(min_length=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Count = Annotated[int, Field(ge=1, lt=2**31)]
Probability = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def distinct(values: list[Any]) -> list[Any]:
    """Return the values. Raises ValueError where one stands twice."""
    twice = {str(value) for value in values if values.count(value) > 1}
    if twice:
        raise ValueError(f"{', '.join(sorted(twice))} stands twice")
    return values


class Section(BaseModel):
    """A section of params.yaml, or a part of one: unknown keys are refused."""

    section: ClassVar[str | None] = None  # its name in params.yaml where that is not the class's

    model_config = ConfigDict(extra="forbid", frozen=True)


S = TypeVar("S", bound=Section)


def load(section: type[S], path: Path = paths.PARAMS) -> S:
    """Return the section of params.yaml that a class defines: Finetuning that of `finetuning`.

    Raises UserError with every problem of the whole file at once.
    """
    # Not imported above: what other sections may say is no reason to run a stage again.
    everything: type[Section] = import_module("tasks.params").Params
    values: S = getattr(read(path, everything), section.section or section.__name__.lower())
    return values


def read(path: Path, sections: type[S]) -> S:
    """Return the checked sections of a file. Raises UserError with every problem of it at once."""
    try:
        text = path.read_text(encoding="utf-8")
        if line := conflict(text):
            raise UserError(
                f"{path} line {line}: a merge has left both sides there: keep what shall hold, and take out the lines "
                "that begin with <<<<<<<, ======= and >>>>>>>"
            )
        values = YAML(typ="safe").load(text)  # as DVC reads it: 1e-5 is a number
        return sections.model_validate(values)
    except (FileNotFoundError, IsADirectoryError):
        raise UserError(f"{path} is missing: run this from the project's folder, or `git checkout {path}`") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UserError(f"{path}{where} is not valid YAML: {error.problem or error.context}") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise UserError(*(told(path, fault, sections) for fault in error.errors())) from None


def told(path: Path, fault: Any, sections: type[BaseModel]) -> str:
    """Return one of pydantic's errors about a file, which may have these sections, as a user's problem."""
    if not fault["loc"] and fault["type"] == "value_error":
        return f"{path}: {fault['msg'].removeprefix('Value error, ')}"
    if not fault["loc"]:
        return f"{path} is empty, or no sections with keys: `git checkout {path}` brings back the last one committed"
    where = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        return f"{path}: {where} is not a known key{_nearest(fault['loc'], sections)}"
    if fault["type"] == "missing":
        return f"{path}: {where} is missing; `git diff {path}` shows what was removed"
    message = fault["msg"].removeprefix("Value error, ").replace(" after validation", "")
    if fault["type"] == "string_type" and isinstance(fault["input"], bool | int | float):
        message += "; put it in quotation marks"  # YAML reads true, null and 1 as something else
    if fault["type"] == "list_type":
        message += f"; write [{fault['input']}]"
    if _may_be_null(fault["loc"], sections):
        message += ", or null"
    if isinstance(fault["input"], dict | list):
        return f"{path}: {where}: {message[0].lower()}{message[1:]}"
    return f"{path}: {where} is {_written(fault['input'])}: {message[0].lower()}{message[1:]}"


def _written(value: Any) -> str:
    spelled = {None: "null", True: "true", False: "false"}  # in YAML, and not as in Python
    return spelled[value] if value is None or isinstance(value, bool) else repr(value)


def _may_be_null(location: tuple[Any, ...], section: Any) -> bool:
    for name in location:
        fields = getattr(section, "model_fields", {})
        if name not in fields:  # within a list
            return False
        section = fields[name].annotation
    return NoneType in get_args(section)


def _nearest(location: tuple[Any, ...], section: Any) -> str:
    for name in location[:-1]:
        section = section.model_fields[name].annotation
    keys = list(section.model_fields)
    nearest = difflib.get_close_matches(str(location[-1]), keys, n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]}?" if nearest else f"; known are {', '.join(keys)}"

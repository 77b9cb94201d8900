"""Results that one stage writes and others read: JSON files, each of a model, checked where they are read."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from core.base.errors import UserError
from core.base.files import read_json, write_json
from core.base.messages import capped


class Result(BaseModel):
    """A file of results, or a part of one: fields that it does not name, or values of another type, are refused.

    The text under a field is its description in the JSON Schema and in the documents.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        # A ByMetric[float] has the descriptions of ByMetric: pydantic would look for their text through all modules
        # that are loaded, once more for each such class, which takes a stage with torch two seconds.
        cls.model_config["use_attribute_docstrings"] = not cls.__pydantic_generic_metadata__["parameters"]


T = TypeVar("T")


def read(path: Path, kind: type[T]) -> T:
    """Return what a file of results holds, such as Metrics or list[Epoch].

    Raises UserError where the file is missing or damaged, with every field that is not as this version writes it.
    """
    values = read_json(path)
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        faults = [
            f"{path}: {'.'.join(map(str, fault['loc'])) or 'all of it'}: {fault['msg'][0].lower()}{fault['msg'][1:]}"
            for fault in error.errors()
        ]
        raise UserError(
            *capped(faults),
            f"{path} is damaged, or another version of this project wrote it: `dvc repro` writes it anew",
        ) from None


def write(path: Path, result: BaseModel) -> None:
    """Write a result, its fields in the order in which its class names them."""
    write_json(path, result.model_dump())

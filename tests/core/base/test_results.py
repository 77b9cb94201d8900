"""A file of results is read as its model says, or refused with every field that is not so."""

import inspect
from pathlib import Path
from typing import Generic, TypeVar

import pytest

from core.base import results
from core.base.errors import UserError

FILE = Path("reports/found.json")


class Found(results.Result):
    """What a stage found."""

    rows: int
    """Rows; 0 or more."""
    share: float
    """A share, in [0, 1]."""


T = TypeVar("T")


class Each(results.Result, Generic[T]):
    """One value for each side."""

    left: T
    """That of the left."""


def problems(text: str) -> tuple[str, ...]:
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        results.read(FILE, Found)
    return caught.value.problems


def test_a_result_is_written_in_the_order_of_its_fields_and_read_again():
    results.write(FILE, Found(share=0.5, rows=2))
    assert FILE.read_text(encoding="utf-8") == '{\n  "rows": 2,\n  "share": 0.5\n}\n'
    assert results.read(FILE, Found) == Found(rows=2, share=0.5)


def test_every_field_that_is_missing_unknown_or_of_another_type_is_named():
    *faults, advice = problems('{"rows": "2", "sahre": 0.5}')
    assert [fault.split(": ")[1] for fault in faults] == ["rows", "share", "sahre"]
    assert all(fault.startswith("reports/found.json: ") for fault in faults)
    assert advice == (
        "reports/found.json is damaged, or another version of this project wrote it: `dvc repro` writes it anew"
    )


def test_a_file_of_another_kind_is_refused_as_a_whole():
    assert problems("[]")[0].startswith("reports/found.json: all of it: ")


def test_the_text_under_a_field_is_its_description():
    assert Found.model_json_schema()["properties"]["share"]["description"] == "A share, in [0, 1]."


def test_a_generic_result_of_a_type_keeps_the_descriptions_and_no_source_is_searched_for_them(monkeypatch):
    def searched(of):
        raise AssertionError(f"{of} is searched: among all modules that are loaded, which takes a tenth of a second")

    with monkeypatch.context() as patched:
        patched.setattr(inspect, "findsource", searched)
        of_text = Each[str]
    assert of_text.model_json_schema()["properties"]["left"]["description"] == "That of the left."


def test_what_derives_from_a_generic_result_of_a_type_has_descriptions_of_its_own():
    class Both(Each[int]):
        right: int
        """That of the right."""

    described = {name: field.description for name, field in Both.model_fields.items()}
    assert described == {"left": "That of the left.", "right": "That of the right."}

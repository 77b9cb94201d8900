"""The schemas and the document that are committed follow from the code, which describes every field of a result."""

from pathlib import Path
from typing import Any

import pytest

from core.base import paths
from tasks import schemas

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", schemas.documents())
def test_what_is_committed_follows_from_the_code(path):
    committed = (ROOT / path).read_text(encoding="utf-8")
    assert committed == schemas.documents()[path], f"{path} is stale: run `make schema`"


def undescribed(schema: dict[str, Any]) -> list[str]:
    kinds = [schema, *schema.get("$defs", {}).values()]
    fields = [(kind["title"], *field) for kind in kinds for field in kind.get("properties", {}).items()]
    return [f"{kind}.{name}" for kind, name, field in fields if "description" not in field]


@pytest.mark.parametrize("path", [path for path in schemas.MODELS if path != paths.PARAMS])
def test_every_field_of_a_result_is_described(path):
    schema = schemas.TypeAdapter(schemas.MODELS[path]).json_schema()
    assert schema["properties" if path == paths.ENVIRONMENT else "$defs"]
    assert undescribed(schema) == []


def test_the_command_writes_them_all(capsys):
    for path in schemas.documents():
        path.parent.mkdir(exist_ok=True)
    schemas.main()
    written = {path: path.read_text(encoding="utf-8") for path in schemas.documents()}
    assert written == schemas.documents()
    assert len(capsys.readouterr().out.splitlines()) == len(written)

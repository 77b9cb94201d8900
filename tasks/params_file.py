"""The text of params.yaml with other sections or values: every line that is not replaced, and every comment, stays."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from core.base.errors import UserError
from core.base.files import replacing
from tasks.params import Params

Span = tuple[str, slice]


def with_sections(text: str, of: str, names: Sequence[str]) -> str:
    """Return the text with sections of another one, comments included, in the place of its own."""
    new, there = of.splitlines(), _sections(of)
    return _replaced(text, _sections(text), {name: new[there[name]] for name in names})


def with_values(text: str, values: dict[str, Any]) -> str:
    """Return the text with other values by their dotted names."""
    lines, spans = text.splitlines(), _keys(text)
    return _replaced(text, spans, {name: _lines(name, values[name], lines[spans[name]]) for name in values})


def replace(path: Path, text: str, expected: Params, otherwise: str) -> None:
    """Write params.yaml. Raises UserError, the file left alone, where the text does not say what is expected."""
    if not _says(text, expected):
        raise UserError(f"{path} is not written one section below another: {otherwise}")
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _replaced(text: str, spans: dict[str, slice], new: dict[str, list[str]]) -> str:
    lines = text.splitlines()
    for name in sorted(new, key=lambda name: spans[name].start, reverse=True):  # the last first: others stay in place
        lines[spans[name]] = new[name]
    return "\n".join(lines) + "\n"


def _sections(text: str) -> dict[str, slice]:
    # By lines and not by ruamel's dump: what is not replaced keeps every byte.
    sections = YAML().load(text)
    return dict(_spans(sections, len(text.splitlines()), text))


def _keys(text: str) -> dict[str, slice]:
    within = _sections(text)
    return {
        f"{section}.{key}": span
        for section, values in YAML().load(text).items()
        for key, span in _spans(values, within[section].stop, text)
    }


def _spans(mapping: Any, end: int, text: str) -> list[Span]:
    """Return the lines of each key of a mapping, whose last line is before `end`."""
    lines = text.splitlines()
    starts = [mapping.lc.key(name)[0] for name in mapping]
    return [
        (name, slice(start, _last(lines, stop)))
        for name, start, stop in zip(mapping, starts, [*starts[1:], end], strict=True)
    ]


def _last(lines: list[str], end: int) -> int:
    # An empty line, and a comment that is not indented, belong to what comes after them.
    while not lines[end - 1].strip() or lines[end - 1].startswith("#"):
        end -= 1
    return end


def _lines(name: str, value: Any, old: list[str]) -> list[str]:
    """Return the lines of a value with the comment of the old one, and the comments below it."""
    comment = re.search(r"\s+#.*", old[0]) if old else None
    below = [line for line in old[1:] if line.lstrip().startswith("#")]
    items = [f"    - {_written(item)}" for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    written = "" if items else f" {_written(value)}"
    return [f"  {name.partition('.')[2]}:{written}{comment[0] if comment else ''}", *items, *below]


def _written(value: Any) -> str:
    """Return a value as YAML, a plain word without quotation marks."""
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_written(key)}: {_written(of_key)}' for key, of_key in value.items())}}}"
    plain = isinstance(value, str) and re.fullmatch(r"\w[\w ]*", value) and _is_text(value)
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _is_text(word: str) -> bool:
    # Of YAML 1.2, and of 1.1, which editors and `dvc exp run -S` read by, and where `no` is false.
    return {YAML(typ="safe").load(word), yaml.safe_load(word)} == {word}


def _says(text: str, expected: Params) -> bool:
    try:
        return Params.model_validate(YAML(typ="safe").load(text)) == expected
    except (YAMLError, ValidationError):
        return False

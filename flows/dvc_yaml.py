"""What the text of a dvc.yaml says of a stage, which is named as DVC addresses it from the project's folder."""

import os
import re
from pathlib import Path
from typing import Any

import yaml

ADDRESS = re.compile(r"(?:(.*?dvc\.yaml):)?([^@]*)")  # of a stage: its file, its name; behind an @ may be anything
EXPRESSION = re.compile(r"\$\{[^}]*\}")  # that DVC fills in
NUMBER = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$")
LIBYAML: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast


class Loader(LIBYAML):
    """Reads YAML as DVC does, to which 1e-5 is a number."""


Loader.add_implicit_resolver("tag:yaml.org,2002:float", NUMBER, list("-+0123456789"))


def file_of(name: str) -> str:
    """Return the dvc.yaml that has a stage."""
    found = ADDRESS.match(name)
    return (found and found[1]) or "dvc.yaml"


def name_in_file(name: str) -> str:
    """Return what a stage is called in its dvc.yaml, where all of a matrix or a foreach have one name."""
    found = ADDRESS.match(name)
    return found[2] if found else name


def read(folder: Path, file: str) -> dict[str, Any]:
    """Return what a dvc.yaml, which DVC has read before, holds."""
    content: dict[str, Any] = yaml.load((folder / file).read_text(encoding="utf-8"), Loader)
    return content


def entry(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what the content of a dvc.yaml says of a stage, its expressions not filled in."""
    said: dict[str, Any] = content["stages"][name_in_file(name)]
    each: dict[str, Any] = said.get("do", said)  # of a foreach
    return each


def declared(folder: Path, name: str) -> dict[str, Any]:
    """Return what dvc.yaml says of a stage, its expressions not filled in."""
    return entry(read(folder, file_of(name)), name)


def variables(folder: Path, name: str, works_in: str) -> list[str]:
    """Return the files of `vars:` from which DVC fills in a stage that works in a folder, seen from the project's."""
    content = read(folder, file_of(name))
    beside = ((str(Path(file_of(name)).parent), content), (works_in, entry(content, name)))
    files = [(place, each) for place, said in beside for each in said.get("vars", [])]
    return [os.path.normpath(Path(place, each.partition(":")[0])) for place, each in files if isinstance(each, str)]


def outputs(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the outputs that dvc.yaml names for a stage, each with its options."""
    lines = [line for kind in ("outs", "metrics", "plots") for line in said.get(kind, [])]
    each = (line if isinstance(line, dict) else {line: None} for line in lines)
    return {name: options or {} for line in each for name, options in line.items()}


def filled_in(text: str) -> str:
    """Return a pattern of what a text may be once DVC has filled it in."""
    return ".+".join(re.escape(part) for part in EXPRESSION.split(text))

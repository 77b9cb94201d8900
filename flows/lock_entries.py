"""A stage's entry in dvc.lock, taken from one copy of the project into another; which of its outputs git keeps."""

import os
import re
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML

from flows.dvc_project import Stage

EXPRESSION = re.compile(r"\$\{[^}]*\}")  # that DVC fills in


def entry(folder: Path, stage: Stage) -> dict[str, Any] | None:
    """Return what dvc.lock says of a stage; None where it has never run."""
    path = folder / stage.lock
    content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    found: dict[str, Any] | None = ((content or {}).get("stages") or {}).get(_short(stage))
    return found


def join(folder: Path, stage: Stage, text: str) -> None:
    """Put a stage's entry into dvc.lock as DVC would; `text` is that of a dvc.lock that has it."""
    editor = YAML()
    editor.default_flow_style = False
    path = folder / stage.lock
    known = editor.load(path.read_text(encoding="utf-8")) if path.is_file() else None
    content = known or {"schema": "2.0"}
    if not content.get("stages"):
        content["stages"] = {}
    content["stages"][_short(stage)] = editor.load(text)["stages"][_short(stage)]
    written = StringIO()
    editor.dump(content, written)
    partial = path.with_suffix(".lock.partial")
    partial.write_text(written.getvalue(), encoding="utf-8")
    os.replace(partial, path)


def declared(folder: Path, stage: Stage) -> dict[str, Any]:
    """Return what dvc.yaml says of a stage, its expressions not filled in."""
    file = (folder / stage.lock).with_suffix(".yaml")
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    said: dict[str, Any] = content["stages"][_short(stage).partition("@")[0]]
    each: dict[str, Any] = said.get("do", said)  # of a foreach
    return each


def read_by(folder: Path, stage: Stage) -> list[str]:
    """Return what a stage reads as patterns of git, seen from the folder in which it runs: * for expressions."""
    said = declared(folder, stage)
    files = [name for line in said.get("params", []) if isinstance(line, dict) for name in line]
    return [f":(glob){EXPRESSION.sub('*', name)}" for name in [*said.get("deps", []), "params.yaml", *files]]


def uncached(folder: Path, stage: Stage) -> list[str]:
    """Return the outputs, as recorded, that DVC does not keep in its cache, seen from the project's folder."""
    return _outputs(folder, stage, "cache", False)


def persistent(folder: Path, stage: Stage) -> list[str]:
    """Return the outputs, as recorded, that a stage finds as it has left them, and adds to."""
    return _outputs(folder, stage, "persist", True)


def _outputs(folder: Path, stage: Stage, key: str, value: bool) -> list[str]:
    said = declared(folder, stage)
    lines = [line for kind in ("outs", "metrics", "plots") for line in said.get(kind, []) if isinstance(line, dict)]
    names = [name for line in lines for name, options in line.items() if (options or {}).get(key) is value]
    patterns = [".+".join(re.escape(part) for part in EXPRESSION.split(name)) for name in names]
    recorded = (entry(folder, stage) or {}).get("outs", [])
    paths = [out["path"] for out in recorded if any(re.fullmatch(each, out["path"]) for each in patterns)]
    return [os.path.normpath(Path(stage.folder, path)) for path in paths]


def _short(stage: Stage) -> str:
    return stage.name.rpartition(":")[2]

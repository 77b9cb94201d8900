"""A stage's entry in dvc.lock, taken from one copy of the project into another; which of its outputs git keeps."""

import os
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML

from flows import dvc_yaml
from flows.dvc_project import Changes, Stage
from flows.dvc_yaml import EXPRESSION, filled_in
from flows.subprocesses import git, git_paths


def entry(folder: Path, stage: Stage) -> dict[str, Any] | None:
    """Return what dvc.lock says of a stage; None where it has never run."""
    return _entries(folder, stage).get(_short(stage))


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


def read_by(folder: Path, stage: Stage, changes: Changes) -> list[str]:
    """Return what a stage reads in this repository, seen from the folder in which it runs.

    What DVC fills in is known of a run before, and of what differs now.
    """
    said = dvc_yaml.declared(folder, stage.name)
    files = [name for line in said.get("params", []) if isinstance(line, dict) for name in line]
    named = [name for name in (*said.get("deps", []), *files) if not EXPRESSION.search(name)]
    recorded = [each["path"] for each in (entry(folder, stage) or {}).get("deps", [])]
    told = [change.get("changed deps", {}) for change in changes if isinstance(change, dict)]
    seen_from_project = [
        *(name for names in told for name in names),
        *dvc_yaml.variables(folder, stage.name, stage.folder),
    ]
    read = [*named, "params.yaml", *recorded, *(os.path.relpath(name, stage.folder) for name in seen_from_project)]
    runs_in, top = (folder / stage.folder).resolve(), git(folder, "rev-parse", "--show-toplevel")
    return [name for name in dict.fromkeys(read) if Path(os.path.abspath(runs_in / name)).is_relative_to(top)]


def all_written(folder: Path, stage: Stage) -> list[str]:
    """Return the outputs of all that a stage's dvc.lock has, stages that dvc.yaml has no more among them."""
    beside = Path(stage.lock).parent  # what runs elsewhere is not seen: dvc.lock does not say where it ran
    entries = _entries(folder, stage).values()
    return [os.path.normpath(beside / out["path"]) for entry in entries for out in entry.get("outs", [])]


def _entries(folder: Path, stage: Stage) -> dict[str, dict[str, Any]]:
    """Return what a stage's dvc.lock has: an entry for each stage, by its name in that file."""
    path = folder / stage.lock
    content = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    return (content or {}).get("stages") or {}


def uncached(folder: Path, stage: Stage) -> list[str]:
    """Return the outputs, as recorded, that DVC does not keep in its cache, seen from the project's folder."""
    return [name for name, _ in _recorded(folder, stage, "cache", False)]


def persistent(folder: Path, stage: Stage) -> list[str]:
    """Return the outputs, as recorded, that a stage finds as it has left them, and adds to."""
    return [name for name, _ in _recorded(folder, stage, "persist", True)]


def persisting(folder: Path, stage: Stage, outputs: Sequence[str]) -> list[str]:
    """Return those of a stage's outputs, recorded or not, that it finds as it has left them, and adds to."""
    names = [os.path.normpath(Path(stage.folder, name)) for name in _with(folder, stage, "persist", True)]
    return [name for name in outputs if _is_one(name, names)]


def make_empty_folders(folder: Path, stage: Stage) -> None:
    """Make the outputs that git cannot bring: folders that are empty."""
    for name, md5 in _recorded(folder, stage, "cache", False):
        if md5.endswith(".dir"):
            (folder / name).mkdir(parents=True, exist_ok=True)


def _recorded(folder: Path, stage: Stage, key: str, value: bool) -> list[tuple[str, str]]:
    """Return the recorded outputs that have an option, each with its hash."""
    outs = (entry(folder, stage) or {}).get("outs", [])
    found = [out for out in outs if _is_one(out["path"], _with(folder, stage, key, value))]
    # Where what DVC fills in leaves two declarations to one name: DVC has git ignore what it caches, and that alone.
    doubtful = [out["path"] for out in found if _is_one(out["path"], _with(folder, stage, key, not value))]
    of_git = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "--")
    ignored = git_paths(folder / stage.folder, *of_git, *doubtful) if doubtful and key == "cache" else []
    cached = {name.rstrip("/") for name in ignored}
    return [
        (os.path.normpath(Path(stage.folder, out["path"])), str(out.get("md5", "")))
        for out in found
        if out["path"] not in cached
    ]


def _is_one(path: str, names: Sequence[str]) -> bool:
    return any(re.fullmatch(filled_in(name), path) for name in names)


def _with(folder: Path, stage: Stage, key: str, value: bool) -> list[str]:
    """Return the outputs that have an option, which `cache` is by default, their expressions not filled in."""
    declared_ones = dvc_yaml.outputs(dvc_yaml.declared(folder, stage.name)).items()
    return [name for name, options in declared_ones if options.get(key, key == "cache") is value]


def _short(stage: Stage) -> str:
    return stage.in_lock

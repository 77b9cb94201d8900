"""What dvc.lock records of each stage."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from flows import dvc_lock
from flows.dvc_project import Stage
from flows.dvc_yaml import Loader
from flows.ready import repository


@dataclass(frozen=True)
class Record:
    """What dvc.lock has of a stage's last run, each file and folder as it is seen from the project's folder."""

    deps: Mapping[str, str] = field(default_factory=dict)  # each with its hash
    outs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, dict[str, Any]] = field(default_factory=dict)  # their values, by the file and their name

    @property
    def folders(self) -> dict[str, str]:
        """The folders that it depends on, each with its hash."""
        return {path: text for path, text in self.deps.items() if text.endswith(".dir")}


class Records:
    """The entries of a project's dvc.lock files; a file is read again when it has changed."""

    def __init__(self, folder: Path, stopping: threading.Event) -> None:
        self._folder = folder
        self._stopping = stopping
        self._lock = repository(folder) / dvc_lock.RECORDS
        self._reading = threading.Lock()
        self._entries: dict[Path, tuple[Any, dict[str, Any]]] = {}  # with the version of the file that has them

    def of(self, stage: Stage) -> Record | None:
        """Return what dvc.lock has of a stage; None where it never ran.

        `dvc status` calls the inputs of a stage that never ran modified.
        """
        if stage.is_data:
            return Record()
        entry = self._read(self._folder / stage.lock).get(stage.in_lock)
        if entry is None:
            return None
        deps, outs = (
            {each["path"]: each.get(each.get("hash", "md5")) for each in entry.get(kind, [])}
            for kind in ("deps", "outs")
        )
        return Record(_seen(stage, deps), _seen(stage, outs), _seen(stage, entry.get("params", {})))

    def _read(self, path: Path) -> dict[str, Any]:
        with self._reading:
            if path not in self._entries or self._entries[path][0] != _version(path):
                with dvc_lock.held(self._lock, self._stopping, is_shared=True):
                    version = _version(path)
                    text = path.read_text(encoding="utf-8") if version else ""
                content = yaml.load(text, Loader)  # while DVC may write again
                self._entries[path] = version, (content or {}).get("stages") or {}
            return self._entries[path][1]


def _version(path: Path) -> tuple[int, int, int] | None:
    """Return what a file that is written again has otherwise; None where there is none."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def _seen(stage: Stage, by_path: dict[str, Any]) -> dict[str, Any]:
    """Return what there is of each path, as it is seen from the project's folder."""
    return {os.path.normpath(Path(stage.folder, path)): each for path, each in by_path.items() if each}

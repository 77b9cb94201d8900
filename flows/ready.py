"""A DVC project made ready to work in: what a killed run has left is mended, what only its user can mend is named.

`python -m flows.ready` does this for the folder it is called in.
"""

import configparser
import json
import os
import shlex
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import yaml

from core.base import packages
from core.base.errors import UserError, run
from core.base.files import conflict
from core.base.messages import listed
from core.base.paths import PACKAGES
from flows import dvc_lock
from flows.subprocesses import git, git_paths

BY_PEOPLE = ("dvc.yaml", "params.yaml", "packages.yaml")
BY_RUNS = ("dvc.lock", ".dvc")


def repository(folder: Path) -> Path:
    """Return the top of the DVC repository that a folder belongs to."""
    for parent in (folder, *folder.parents):
        if (parent / ".dvc").is_dir():
            return parent
    raise UserError(f"{folder} is in no DVC project: run `dvc init` at the top of the git repository")


def make_ready(folder: Path) -> list[str]:
    """Return what was mended, in words. Raises UserError with all that is left to the user."""
    top = repository(folder)
    if problems := [*_without_git(top), *_read_only(folder, top)] or _torn_at_rest(top):
        raise UserError(*problems)
    return _list_mended(top)


def _without_git(top: Path) -> Iterator[str]:
    config = configparser.ConfigParser()
    try:
        config.read(top / ".dvc/config", encoding="utf-8")
        if config.getboolean("core", "no_scm", fallback=False):
            return
    except (configparser.Error, ValueError) as error:
        said = str(error).splitlines()[0]
        yield f"{top / '.dvc/config'} cannot be read: {said}: `{_taken_back(top, '.dvc/config')}` brings it back"
    if not any((parent / ".git").exists() for parent in (top, *top.parents)):
        yield f"{top} is in no git repository, which DVC needs: `git init` there, then the same command again"


def _read_only(folder: Path, top: Path) -> Iterator[str]:
    """Yield a problem where a run could not write: after one of another user, or on a disk that is read-only."""
    places = {top / ".dvc", top / ".dvc/tmp", top / ".dvc/cache", folder, folder / "dvc.lock", *_written(folder)}
    if refused := sorted(str(place) for place in places if place.exists() and not os.access(place, os.W_OK)):
        shown, copied = shlex.quote(refused[0]), shlex.quote(str(top))
        yield (
            f"a run writes to {listed(refused)}, and you may not (`ls -ld {shown}` says whose it is): make it yours, "
            f"or work in a copy: `cp -R {copied} COPY`"
        )


def _written(folder: Path) -> Iterator[Path]:
    """Yield the outputs that the stages of a folder's dvc.yaml name, and the folders that these are in."""
    file = folder / "dvc.yaml"
    stages = _mapping(_mapping(_yaml(file) if file.is_file() else None).get("stages"))
    for stage in map(_mapping, stages.values()):
        entry = _mapping(stage.get("do", stage))
        for out in (out for kind in ("outs", "metrics", "plots") for out in entry.get(kind) or ()):
            place = folder / entry.get("wdir", ".") / (out if isinstance(out, str) else next(iter(out)))
            yield from (path for path in (place, place.parent) if "$" not in str(path))


def _mapping(value: Any) -> dict[str, Any]:
    """Return what has names in it; nothing where dvc.yaml has something else there, which DVC says."""
    return value if isinstance(value, dict) else {}


def _yaml(file: Path) -> Any:
    """Return what a file holds; None where it is not YAML, which whoever reads it next says."""
    try:
        return yaml.load(file.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None


def _torn_at_rest(top: Path) -> list[str]:
    """Return what DVC cannot read once nobody writes: a DVC at work empties a dvc.lock before it fills it."""
    found, lock = [*_torn(top)], top / dvc_lock.RECORDS
    if not found or not lock.parent.is_dir():
        return found
    with dvc_lock.held(lock, threading.Event(), is_shared=True):
        return [*_torn(top)]


def _torn(top: Path) -> Iterator[str]:
    """Yield what DVC cannot read: a file that holds both sides of a merge, or that a kill has cut short."""
    patterns = [f"*{name}" for name in (*BY_PEOPLE, *BY_RUNS)]
    try:
        known = git_paths(top, "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns)
    except UserError:  # there is no git, and it need not be there
        return
    for name in sorted(set(known)):
        file = top / name
        by_runs = name.endswith(BY_RUNS)
        if not file.is_file():
            continue
        if line := conflict(file.read_text(encoding="utf-8", errors="replace")):
            way_out = f"`{_taken_back(top, name)}` takes one side, and the run writes the rest anew"
            by_hand = "keep what shall hold, and take out the lines that begin with <<<<<<<, ======= and >>>>>>>"
            yield f"{name} line {line}: a merge has left both sides there: {way_out if by_runs else by_hand}"
        elif by_runs and not _is_whole(_yaml(file)):
            yield f"{name} is cut short, as a kill or a full disk leaves it: `{_taken_back(top, name)}` brings it back"


def _is_whole(record: Any) -> bool:
    """Whether what a dvc.lock or a .dvc file holds has all that an entry of it must have."""
    if not isinstance(record, dict):
        return False
    stages = [stage or {} for stage in (record.get("stages") or {}).values()] or [record]
    entries = [entry for stage in stages for kind in ("deps", "outs") for entry in stage.get(kind) or []]
    return all(isinstance(entry, dict) and None not in entry.values() for entry in entries)


def _taken_back(top: Path, name: str) -> str:
    """Return the command that brings back a file's last version that is whole."""
    for revision in ("HEAD", "HEAD^"):
        try:
            if conflict(git(top, "show", f"{revision}:./{name}")) is None:
                return f"git checkout {revision} -- {shlex.quote(str(top / name))}"
        except UserError:
            break
    return f"rm {shlex.quote(str(top / name))}"


def _list_mended(top: Path) -> list[str]:
    """Mend the list of what DVC commands work on, under the lock that DVC edits it under."""
    path = (top / dvc_lock.COMMANDS).with_suffix("")
    if not path.is_file():
        return []
    with dvc_lock.held(top / dvc_lock.COMMANDS, threading.Event()):  # for a moment
        try:
            listing = {"write": {}, "read": {}} | json.loads(path.read_text(encoding="utf-8"))
            written = {place: info for place, info in listing["write"].items() if _is_alive(info)}
            read = {place: [info for info in infos if _is_alive(info)] for place, infos in listing["read"].items()}
        except (ValueError, AttributeError, TypeError, KeyError):
            path.unlink()
            return [f"{path} was damaged, as a kill or a full disk leaves it: it is removed"]
        alive = {"write": written, "read": {place: infos for place, infos in read.items() if infos}}
        if alive == listing:
            return []
        path.with_suffix(".partial").write_text(json.dumps(alive), encoding="utf-8")
        os.replace(path.with_suffix(".partial"), path)
        return [f"{path} named DVC commands that were killed: they are taken out"]


def _is_alive(info: dict[str, Any]) -> bool:
    """Whether a DVC command still runs: a process of its number may be another one by now."""
    try:
        return any("dvc" in word for word in psutil.Process(int(info["pid"])).cmdline())
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def record_packages(folder: Path) -> list[str]:
    """Have packages.yaml say what is installed, where dvc.yaml names parameters in it; return in words what changed."""
    return [f"{PACKAGES}: {change}" for change in packages.refresh(folder / PACKAGES)] if has_packages(folder) else []


def has_packages(folder: Path) -> bool:
    """Whether stages of a folder's dvc.yaml have parameters in packages.yaml: others may use the name."""
    file = folder / "dvc.yaml"
    return file.is_file() and f"{PACKAGES}:" in file.read_text(encoding="utf-8", errors="replace")


def main() -> None:
    folder = Path.cwd()
    for line in [*make_ready(folder), *record_packages(folder)]:
        print(line)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""Why a stage has to run, in words: what `dvc status --json` says of it, and which files of a folder changed."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from core.base.errors import UserError
from core.base.messages import flat
from flows.dvc_project import Changes
from flows.records import Record
from flows.subprocesses import git, git_paths, output, output_bytes

SHOWN = 6
LONGEST = 80  # characters of a parameter's two values, for them to be told
COMMITS = 50  # that changed a folder, in which the state that dvc.lock records is sought
DVCIGNORE = "--exclude-per-directory=.dvcignore"  # its patterns are those of .gitignore
WORDS = {"modified": "changed", "deleted": "missing", "new": "is new"}  # of `dvc status`
GIT_WORDS = {"A": "is new", "D": "removed"}  # of `git diff --name-status`; the rest changed


def why(changes: Changes, folder: Path, record: Record) -> str:
    """Return the reasons as one line: parameters by their name and values, files by their path."""
    return _listed([reason for change in changes for reason in _reasons(change, folder, record)])


def _listed(reasons: Sequence[str]) -> str:
    more = [f"and {len(reasons) - SHOWN} more"] if len(reasons) > SHOWN else []
    return ", ".join([*reasons[:SHOWN], *more])


def _reasons(change: Any, folder: Path, record: Record) -> Iterator[str]:
    if isinstance(change, str):  # "changed command", "always changed", "changed checksum"
        yield "always runs" if change == "always changed" else " ".join(reversed(change.split(" ")))
        return
    for kind, entries in change.items():
        for name, how in entries.items():
            if isinstance(how, dict):  # a file of parameters
                values = _values(folder / name)
                for parameter, state in how.items():
                    before, after = record.parameters.get(name, {}).get(parameter), _value(values, parameter)
                    yield from _differences_of(parameter, before, after) or [f"{parameter} {WORDS.get(state, state)}"]
            elif kind == "changed outs" and how in ("deleted", "not in cache"):
                yield f"output missing: {name}"
            elif kind == "changed deps" and how == "modified" and name in record.folders:
                yield from _reasons_within(folder, name, record.folders[name])
            else:
                yield f"{name} {WORDS.get(how, how)}"


def _values(file: Path) -> Any:
    """Return what a file of parameters holds; None where it is neither YAML nor JSON."""
    try:
        return YAML(typ="safe").load(file.read_text(encoding="utf-8"))  # as DVC reads it: 1e-5 is a number
    except (OSError, UnicodeDecodeError, YAMLError):
        return None


def _value(values: Any, name: str) -> Any:
    for key in name.split("."):
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _differences_of(name: str, before: Any, after: Any) -> list[str]:
    """Return what differs in a parameter or, where it is a section, within it; nothing where it was not there."""
    if before is None or after is None:
        return []
    old, new = dict(flat(before, name)), dict(flat(after, name))
    changed = [_difference(key, old[key], new[key]) for key in old if key in new and old[key] != new[key]]
    gone = [f"{key} {WORDS['deleted']}" for key in old if key not in new]
    return [*changed, *gone, *(f"{key} {WORDS['new']}" for key in new if key not in old)]


def _difference(name: str, before: Any, after: Any) -> str:
    old, new = (value if isinstance(value, str) else json.dumps(value, default=str) for value in (before, after))
    return f"{name} {old} -> {new}" if len(old + new) <= LONGEST else f"{name} changed"


def _reasons_within(folder: Path, name: str, recorded: str) -> list[str]:
    """Return what changed in a folder of which dvc.lock records the hash: its files, where git knows them.

    DVC keeps no list of the files of such a folder, but git has the commit whose files give this hash. Where none does,
    the stage was run on what was not committed; then only what differs from the last commit can be told.
    """
    place = folder / name
    try:
        ignored = set(git_paths(place, "ls-files", "--cached", "--ignored", DVCIGNORE))
        commit = _commit_with(place, recorded, ignored)
        states = _differences(place, commit, ignored)
    except UserError:  # there is no git, or no commit
        commit, states = None, {}
    reasons = [f"{Path(name, file)} {state}" for file, state in sorted(states.items())]
    if not reasons:
        return [f"{name} changed"]
    return reasons if commit else [f"{name} changed (since the last commit: {_listed(reasons)})"]


def _commit_with(place: Path, recorded: str, ignored: set[str]) -> str | None:
    """Return the latest commit in which a folder has the hash that DVC has recorded."""
    md5_by_blob: dict[str, str] = {}
    for commit in _commits(place):
        blobs = {file: blob for file, blob in _blobs(place, commit).items() if file not in ignored}
        md5_by_blob |= _md5_by_blob(place, set(blobs.values()) - set(md5_by_blob))
        if _dvc_hash({file: md5_by_blob[blob] for file, blob in blobs.items()}) == recorded:
            return commit
    return None


def _commits(place: Path) -> Iterator[str]:
    yield git(place, "rev-parse", "HEAD")
    yield from git(place, "log", f"--max-count={COMMITS}", "--format=%H", "--", ".").split()


def _blobs(place: Path, commit: str) -> dict[str, str]:
    """Return the files of a folder in a commit, each with the id of its content in git."""
    lines = [line.partition("\t") for line in git_paths(place, "ls-tree", "-r", commit)]
    return {file: entry.split()[2] for entry, _, file in lines if entry.split()[1] == "blob"}


def _md5_by_blob(place: Path, blobs: set[str]) -> dict[str, str]:
    order = sorted(blobs)
    asked = "".join(f"{blob}\n" for blob in order).encode()
    answer = BytesIO(output_bytes(place, "git", "cat-file", "--batch", stdin=asked))
    md5_by_blob = {}
    for blob in order:  # "<id> blob <size>\n<content>\n"
        content = answer.read(int(answer.readline().split()[2]))
        md5_by_blob[blob] = hashlib.md5(content, usedforsecurity=False).hexdigest()
        answer.readline()
    return md5_by_blob


def _dvc_hash(md5_by_file: Mapping[str, str]) -> str:
    """Return the hash that DVC gives to a folder of these files."""
    entries = [{"md5": md5, "relpath": file} for file, md5 in sorted(md5_by_file.items())]
    return hashlib.md5(json.dumps(entries).encode(), usedforsecurity=False).hexdigest() + ".dir"


def _differences(place: Path, commit: str | None, ignored: set[str]) -> dict[str, str]:
    """Return what has become of the files of a folder since a commit; None: the last, for what git does not ignore."""
    options = ("-z", "--name-status", "--no-renames", "--relative")
    diff = output(place, "git", "diff", *options, commit or "HEAD", "--", ".", GIT_OPTIONAL_LOCKS="0").split("\0")
    states = {file: GIT_WORDS.get(letter, "changed") for letter, file in zip(diff[::2], diff[1::2], strict=False)}
    unknown = git_paths(place, "ls-files", "--others", DVCIGNORE, *(() if commit else ("--exclude-standard",)))
    states |= {file: "changed" if file in states else "is new" for file in unknown}
    return {file: state for file, state in states.items() if file not in ignored}

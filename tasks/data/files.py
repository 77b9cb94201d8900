"""Which files hold which split, and how they get into data/raw."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from core.base import paths
from core.base.errors import UserError
from core.base.files import replacing
from core.data.splits import SPLITS
from tasks.validation import raw_folder
from tasks.validation.file_formats import ending, is_table

README = "README.md"
LONGEST = 40  # words of a name: a thousand shards are not put together in all ways


def joined(words: list[str]) -> list[Path]:
    """Return the files that words name: those of a name with spaces, which make takes apart, are put together.

    The longest name that exists counts: beside "my notes.csv" may lie a folder "my". Raises UserError for addresses.
    """
    if addresses := [word.strip("\"'") for word in words if "://" in word]:
        raise UserError(*map(_elsewhere, addresses))
    files: list[Path] = []
    while words:
        named = {count: _named(words[:count]) for count in range(min(len(words), LONGEST), 0, -1)}
        count = next((count for count, file in named.items() if os.path.exists(file)), 1)  # false of too long a name
        files.append(named[count])
        words = words[count:]
    return files


def _elsewhere(address: str) -> str:
    file = Path(urlsplit(address).path)
    name = shlex.quote(file.name) if is_table(file) else "notes.csv"
    return f"{address} is not on this machine: `dvc import-url {shlex.quote(address)} {name}`, then FILES={name}"


def _named(words: list[str]) -> Path:
    return Path(" ".join(words).strip("\"'")).expanduser()


def by_split(files: list[Path]) -> dict[str, list[Path]]:
    """Return the files of each split, or those yet to be split. Raises UserError where it is not clear."""
    if missing := [str(file) for file in files if not file.exists()]:
        raise UserError(f"{', '.join(missing)}: there is no such file")
    if len(files) == 1 and files[0].is_dir():
        if files[0] != paths.RAW and not raw_folder.entries(files[0]):
            raise UserError(f"{files[0]} holds no data: name a folder of {raw_folder.KNOWN} files, or the files")
        return raw_folder.files(files[0])
    if unknown := [str(file) for file in files if not is_table(file)]:
        raise UserError(f"{', '.join(unknown)} is not a {raw_folder.KNOWN} file: convert it")
    if len(files) == 1:
        return {_undivided(files[0]): files}
    stem, *others = {raw_folder.stem(file) for file in files}
    if not others and not any(map(_splits_named, files)):
        if problems := raw_folder.incomplete(stem, files):
            raise UserError(*problems)
        return {stem: files}
    found: dict[str, list[Path]] = {}
    for file in files:
        found.setdefault(_split_named(file), []).append(file)
    if problems := raw_folder.missing_or_twice("FILES", found):
        raise UserError(*problems)
    return {name: found[name] for name in SPLITS}


def _undivided(file: Path) -> str:
    """Return what the rows of one file are called, yet to be split. Raises UserError for one shard of several."""
    seen = Path(file.name.lstrip("."))  # what is hidden is passed over
    stem = raw_folder.stem(seen)
    shard = "-of-" in seen.name or stem.startswith("part")  # and 2024.csv is a year's
    if shard and raw_folder.incomplete(stem, [file]):
        raise UserError(f"{file} is one shard of several: name them all, or their folder")
    return "all" if raw_folder.split_of(seen) or raw_folder.NUMBERED.fullmatch(stem) else stem


def _split_named(file: Path) -> str:
    named = _splits_named(file)
    if len(named) != 1:
        raise UserError(
            f"{file}: its name tells no split: rename it to train, validation or test{ending(file)}, or put all rows "
            "into one file, which is then split here"
        )
    return named[0]


def _splits_named(file: Path) -> list[str]:
    """Return the splits whose names are a part of a file's, as in notes_train.csv, or else its folder's."""
    parts = [file.name, *re.split(r"[^a-z]+", raw_folder.stem(file).lower())]
    for names in (parts, [file.parent.name]):
        if named := [*filter(None, (raw_folder.split_of(Path(f"{name}.csv")) for name in names))]:
            return list(dict.fromkeys(named))
    return []


def in_place(files: dict[str, list[Path]], folder: Path) -> bool:
    """Whether `validation` finds in a folder these files for these splits, and no others."""
    try:
        there = raw_folder.files(folder)
    except UserError:
        return False
    return _resolved(there) == _resolved(files)


def _resolved(files: dict[str, list[Path]]) -> dict[str, set[Path]]:
    return {name: {path.resolve() for path in parts} for name, parts in files.items()}


def holds_the_sample() -> bool:
    """Whether data/raw is what the project came with, of which its bundled remote has a copy."""
    if not paths.RAW_VERSION.is_file():
        return False
    (out,) = YAML(typ="safe").load(paths.RAW_VERSION.read_text(encoding="utf-8"))["outs"]
    md5: str = out.get("md5", "none")
    return (paths.RAW.parent / "remote/files/md5" / md5[:2] / md5[2:]).is_file()


def described(given: list[Path]) -> Path | None:
    """Return the README.md that the report quotes: a given folder's, else yours that is there, not the sample's."""
    places = given if holds_the_sample() else [*given, paths.RAW]
    return next((readme for place in places if (readme := place / README).is_file()), None)


def put(files: dict[str, list[Path]], folder: Path, readme: Path | None) -> None:
    """Copy the files into a folder of their own, which replaces what was there, each by the name of its split.

    They may lie in what is replaced: it goes once all are copied.
    """
    with replacing(folder) as partial:
        partial.mkdir(parents=True)
        if readme:
            shutil.copyfile(readme, partial / README)
        for name, parts in files.items():
            for path in parts:
                alone = len(parts) == 1 and ending(path) != ".arrow"
                target = partial / f"{name}{ending(path)}" if alone else partial / name / path.name
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, target)
                for beside in ("dataset_info.json", "state.json"):
                    if (path.parent / beside).is_file() and ending(path) == ".arrow":
                        shutil.copyfile(path.parent / beside, target.parent / beside)


def refuse_unrecorded(folder: Path) -> None:
    """Raise UserError where a folder holds what DVC has no copy of: replacing it would lose it."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    record = folder.with_name(f"{folder.name}.dvc")
    command = (sys.executable, "-m", "dvc", "status", "--json", str(record))  # `dvc` itself may be on no PATH
    status = subprocess.run(command, capture_output=True, text=True)
    if not record.is_file() or status.returncode or json.loads(status.stdout or "{}"):
        in_git = subprocess.run(["git", "ls-files", "--", str(folder)], capture_output=True).stdout
        first = f"`git rm -r --cached {folder}` takes them out of git, then " if in_git else ""
        raise UserError(
            f"{folder} holds files that DVC has no copy of: {first}`dvc add {folder}` keeps one, or move them elsewhere"
        )

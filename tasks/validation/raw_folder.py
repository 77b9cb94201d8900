"""Which files of data/raw hold which split, by their names as teams and tools write them."""

import json
import os
import re
from collections import defaultdict
from pathlib import Path

from core.base.errors import UserError
from core.data.splits import SPLITS
from tasks.validation.file_formats import FORMATS, ending, is_table

ALSO = {"training": "train", "valid": "validation", "val": "validation", "dev": "validation", "testing": "test"}
SHARD = re.compile(r"(?P<name>.*?)[-_.]?(?P<number>\d{5})-of-(?P<count>\d{5})")  # as `datasets` writes them
NUMBERED = re.compile(r"(?:part-?)?(?P<number>\d{4,5})(?:-[-\w.]+)?")  # as Spark writes them, some with an id behind
BESIDE = {
    "_SUCCESS",
    "_metadata",
    "_common_metadata",
    "Thumbs.db",
    "desktop.ini",
    "dataset_dict.json",
    "dataset_info.json",
    "dataset_infos.json",
    "state.json",
}
LOOKED_AT = re.compile(r"cache-.*\.arrow|tmp[a-z0-9_]{8}|~\$.*|.*~")  # what looking at data leaves, as in .dvcignore
FOLDER = re.compile(r"^split=|\.(?:csv|tsv|jsonl?|parquet)$")  # around a split's name, as Spark names folders
KNOWN = ", ".join(kind for kind in FORMATS if kind != ".arrow")


def files(folder: Path) -> dict[str, list[Path]]:
    """Return the files of each split, or the one that is yet to be split by its name: in shards there may be several.

    Raises UserError with everything in the folder that is missing or out of place.
    """
    found_there = entries(folder)
    if not found_there:
        raise UserError(
            f"{folder} holds no data: put train, validation and test files ({KNOWN}) into it, as `make data FILES=...` "
            f"does, or `git checkout {folder}.dvc && dvc pull {folder}.dvc` for the data last committed"
        )
    found = by_name(folder, found_there)
    if (
        len(found) == 1
        and not set(found) & set(SPLITS)
        and all(is_table(entry) and entry.is_file() for entry in found_there)
    ):
        ((name, parts),) = found.items()
        problems = incomplete(name, parts)
    else:
        problems = _out_of_place(folder, found_there) + missing_or_twice(str(folder), found)
    if problems:
        raise UserError(*problems)
    return {name: found[name] for name in SPLITS if name in found} or dict(found)


def entries(folder: Path) -> list[Path]:
    """Return what a folder holds, without what tools write beside data; PermissionError where nobody may look."""
    if folder.is_dir():
        os.listdir(folder)  # where `rglob` finds nothing and says nothing
    counted = [entry for entry in sorted(folder.rglob("*")) if _counts(entry.relative_to(folder))]
    return [entry for entry in counted if not entry.is_dir() or entry.is_symlink() or not any(entry.iterdir())]


def by_name(folder: Path, entries: list[Path]) -> dict[str, list[Path]]:
    """Return the tables by the split that their names stand for, else by their names: of shards there are several.

    Raises UserError where a name is not text.
    """
    if unreadable := [entry for entry in entries if not _is_text(str(entry))]:
        raise UserError(*(f"{str(entry)!a} has a name that is not text: rename it" for entry in unreadable))
    found: dict[str, list[Path]] = defaultdict(list)
    for entry in entries:
        if is_table(entry):
            found[split_of(entry.relative_to(folder)) or stem(entry)].append(entry)
    return found


def split_of(path: Path) -> str | None:
    """Return the split that a file's name stands for, or that of the innermost folder that stands for one."""
    for name in (stem(path), *reversed(path.parts[:-1])):
        name = FOLDER.sub("", name)
        name = ALSO.get(name.lower(), name.lower())
        if name in SPLITS:
            return name
    return None


def stem(path: Path) -> str:
    """Return a file's name without its ending and, of a shard, its number."""
    name = path.name[: -len(ending(path))]
    shard = SHARD.fullmatch(name)
    return shard["name"] if shard and shard["name"] else name


def incomplete(name: str, parts: list[Path]) -> list[str]:
    """Return what is wrong with the files of one split, which must be one, or all shards of one."""
    shards = [SHARD.fullmatch(path.name[: -len(ending(path))]) for path in parts]
    numbered = [NUMBERED.fullmatch(path.name[: -len(ending(path))]) for path in parts]
    together = ", ".join(path.name for path in parts)
    if len({path.parent for path in parts}) == 1 and all(shards):
        counts = {int(shard["count"]) for shard in shards if shard}
        there = {int(shard["number"]) for shard in shards if shard}
    elif len({path.parent for path in parts}) == 1 and all(numbered):
        there = {int(number["number"]) for number in numbered if number}
        counts = {max(there) + 1}
    elif len(parts) > 1:
        return [f"{parts[0].parent} has more than one {name} file ({together}): leave one"]
    else:
        return []
    if len(counts) > 1 or len(parts) > len(there):
        return [f"{parts[0].parent} has shards of {name} from different writings ({together}): leave those of one"]
    state = parts[0].parent / "state.json"
    missing = sorted(set(range(counts.pop())) - there)
    if missing:
        return [f"{parts[0].parent} lacks shard {', '.join(map(str, missing))} of {name}: copy it too"]
    return _other_than_saved(state, parts) if state.is_file() else []


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _counts(path: Path) -> bool:
    return not any(part.startswith(".") for part in path.parts) and not (
        path.name in {"README.md", *BESIDE} or LOOKED_AT.fullmatch(path.name)
    )


def _out_of_place(folder: Path, entries: list[Path]) -> list[str]:
    problems = []
    for entry in entries:
        if not entry.is_file() or not is_table(entry):
            problems.append(f"{entry} is not a {KNOWN} file: convert it, or move it out of {folder}")
        elif split_of(entry.relative_to(folder)) is None:
            problems.append(f"{entry} is none of {', '.join(SPLITS)}: rename it, or move it out of {folder}")
    return problems


def missing_or_twice(place: str, found: dict[str, list[Path]]) -> list[str]:
    """Return what is wrong with the files by split: a split without any, or with several that are no shards."""
    problems = []
    for name in SPLITS:
        if name not in found:
            problems.append(
                f"{place} has no {name} file: add {name}.csv (or {KNOWN.partition(', ')[2]}), "
                "or leave one file of another name, such as all.csv, to have it split here"
            )
        else:
            problems += incomplete(name, found[name])
    return problems


def _other_than_saved(state: Path, parts: list[Path]) -> list[str]:
    try:
        saved = {entry["filename"] for entry in json.loads(state.read_text(encoding="utf-8"))["_data_files"]}
    except (ValueError, KeyError, TypeError):
        return [f"{state} is damaged: copy the folder again"]
    lacking = sorted(saved - {path.name for path in parts})
    return [f"{state.parent} lacks {', '.join(lacking)}, which its state.json names: copy it too"] if lacking else []

"""Which file of data/raw holds which split, and the rows of all of them."""

from collections import Counter
from pathlib import Path

import pandas as pd

from core.base.errors import UserError
from core.data.sameness import row_keys
from core.data.splits import SPLITS
from core.data.texts import CLUSTER, SIDES, SLICE
from tasks.validation import text_columns
from tasks.validation.file_formats import FORMATS
from tasks.validation.params import Validation


def find(folder: Path) -> dict[str, Path]:
    """Return a file for each split, or the one file that is yet to be split, by its stem.

    Raises UserError with everything in the folder that is missing or out of place.
    """
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    entries = [entry for entry in entries if entry.name != "README.md" and not entry.name.startswith(".")]
    if not entries:
        raise UserError(
            f"{folder} holds no data: put train, validation and test files ({', '.join(FORMATS)}) into it, "
            f"or `git checkout {folder}.dvc && dvc pull {folder}.dvc` for the data last committed"
        )
    if len(entries) == 1 and _is_table(entries[0]) and _name(entries[0]) not in SPLITS:
        return {entries[0].stem: entries[0]}
    problems = [*_out_of_place(folder, entries), *_missing_or_twice(folder, entries)]
    if problems:
        raise UserError(*problems)
    by_name = {_name(entry): entry for entry in entries}
    return {name: by_name[name] for name in SPLITS}


def read(files: dict[str, Path], settings: Validation) -> pd.DataFrame:
    """Return the rows of all files, each with its row_id, place, split, texts, label, group and key of its text.

    The split is null where it is yet to be drawn, the group where there is none. `cluster` is there where
    validation.cluster names its column. Raises UserError with what is wrong in any of the files.
    """
    columns = dict(zip(SIDES, settings.texts, strict=False)) | {"label": settings.label}
    if settings.group is not None:
        columns["group"] = settings.group
    if settings.cluster is not None:
        columns[CLUSTER] = settings.cluster
    columns |= {f"{SLICE}{name}": name for name in settings.slices}
    tables: list[pd.DataFrame] = []
    problems: list[str] = []
    for stem, path in files.items():
        try:
            tables.append(_identified(text_columns.read(path, columns), stem))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)
    return pd.concat(tables, ignore_index=True)


def _identified(table: pd.DataFrame, stem: str) -> pd.DataFrame:
    nothing = pd.Series(None, index=table.index, dtype="str")
    return table.assign(
        row_id=pd.Series([f"{stem}-{number}" for number in range(1, len(table) + 1)], dtype="str"),
        split=nothing.fillna(stem) if stem in SPLITS else nothing,
        group=table.get("group", nothing),
        key=row_keys(table),
    )


def description(readme: Path) -> str | None:
    """Return the first paragraph under the headings of a README.md, or null where there is none."""
    if not readme.is_file():
        return None
    text = readme.read_text(encoding="utf-8-sig", errors="replace")
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]  # the metadata block of a data card
    lines = ["" if line.startswith("#") else line.strip() for line in text.splitlines()]
    paragraphs = "\n".join(lines).strip().split("\n\n")
    return " ".join(paragraphs[0].split()) or None


def _out_of_place(folder: Path, entries: list[Path]) -> list[str]:
    problems = []
    for entry in entries:
        if not _is_table(entry):
            problems.append(f"{entry} is not a {', '.join(FORMATS)} file: convert it, or move it out of {folder}")
        elif _name(entry) not in SPLITS:
            problems.append(f"{entry} is none of {', '.join(SPLITS)}: rename it, or move it out of {folder}")
    return problems


def _missing_or_twice(folder: Path, entries: list[Path]) -> list[str]:
    count = Counter(_name(entry) for entry in entries if _is_table(entry))
    problems = []
    for name in SPLITS:
        if count[name] == 0:
            problems.append(
                f"{folder} has no {name} file: add {name}.csv (or {', '.join(list(FORMATS)[1:])}), "
                "or leave one file of another name, such as all.csv, to have it split here"
            )
        elif count[name] > 1:
            both = ", ".join(entry.name for entry in entries if _name(entry) == name)
            problems.append(f"{folder} has more than one {name} file ({both}): leave one")
    return problems


def _name(path: Path) -> str:
    return path.stem.lower()


def _is_table(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in FORMATS

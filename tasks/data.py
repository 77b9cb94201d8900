"""Your own data in one command: `make data FILES="train.csv dev.csv test.csv" TEXT=column LABEL=column`.

The files are put into data/raw, their columns named in params.yaml, and classes and counts shown. Nothing is changed
before all files are read.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from core.base import paths
from core.base.errors import UserError, run
from core.base.files import replacing
from core.base.messages import shortened
from core.data.splits import SPLITS
from core.data.texts import SIDES
from tasks import recipe
from tasks.params import Params, load
from tasks.validation import raw_folder, text_columns
from tasks.validation.file_formats import contents, ending, is_table
from tasks.validation.params import Validation

SHOWN = 12  # classes


class Given(NamedTuple):
    """What the command line names."""

    files: list[Path]
    text: str | None
    label: str | None
    group: str | None


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    first, _, more = (__doc__ or "").partition("\n\n")
    options = argparse.ArgumentParser(prog="python -m tasks.data", description=first, epilog=more)
    options.add_argument("files", nargs="*", type=Path, help="one for each split, one to be split, or a folder of them")
    options.add_argument("--text", help="the column of the texts")
    options.add_argument("--label", help="the column of the classes")
    options.add_argument("--group", help="the column that rows share which must not be parted, such as the patient")
    return options


def by_split(files: list[Path]) -> dict[str, list[Path]]:
    """Return the files of each split, or those yet to be split. Raises UserError where it is not clear."""
    if missing := [str(file) for file in files if not file.exists()]:
        raise UserError(f"{', '.join(missing)}: there is no such file")
    if len(files) == 1 and files[0].is_dir():
        return raw_folder.files(files[0])
    if unknown := [str(file) for file in files if not is_table(file)]:
        raise UserError(f"{', '.join(unknown)} is not a {raw_folder.KNOWN} file: convert it")
    if len(files) == 1:
        return {"all" if raw_folder.split_of(Path(files[0].name)) else raw_folder.stem(files[0]): files}
    found: dict[str, list[Path]] = {}
    for file in files:
        found.setdefault(_split_named(file), []).append(file)
    if problems := raw_folder.missing_or_twice("FILES", found):
        raise UserError(*problems)
    return {name: found[name] for name in SPLITS}


def _split_named(file: Path) -> str:
    """Return the split whose name is a part of a file's, as in notes_train.csv."""
    parts = [file.name, *re.split(r"[^a-z]+", raw_folder.stem(file).lower())]
    named = list(dict.fromkeys(filter(None, (raw_folder.split_of(Path(f"{part}.csv")) for part in parts))))
    if len(named) != 1:
        raise UserError(f"{file}: its name tells no split: rename it to train, validation or test{ending(file)}")
    return named[0]


def require_columns(given: Given, path: Path, settings: Validation) -> None:
    """Raise UserError with all columns of a file, and a proposal, where one is not named or not there."""
    content = contents(path, settings.read)
    named = [name for name in (given.text, given.label, given.group) if name]
    unknown = [name for name in named if name not in content.names]
    if given.text and given.label and not unknown:
        return
    values = {name: [str(value) for value in content.values(name)[:1000]] for name in content.names}
    text = given.text if given.text in values else max(values, key=lambda name: sum(map(len, values[name])))
    others = [name for name in values if name != text and len(set(values[name])) > 1] or [text]
    label = given.label if given.label in values else min(others, key=lambda name: len(set(values[name])))
    samples = ", ".join(f"{name} ({shortened(cells[0]) if cells else 'empty'})" for name, cells in values.items())
    wrong = f"there is no column {', '.join(map(repr, unknown))}" if unknown else "name the columns of texts and labels"
    files = " ".join(map(str, given.files))
    raise UserError(
        f'{wrong}; {path} has {samples}. Maybe `make data FILES="{files}" TEXT={_quoted(text)} LABEL={_quoted(label)}`'
    )


def _quoted(name: str | None) -> str:
    return str(name) if re.fullmatch(r"\w+", str(name)) else f'"{name}"'


class Read(NamedTuple):
    rows: pd.DataFrame  # split, text, label, and group where it was named
    columns: set[str]  # that all files have
    said: list[str]  # how each file was read


def read(files: dict[str, list[Path]], given: Given, settings: Validation) -> Read:
    """Return what the files hold. Raises UserError with all that is wrong in any of them."""
    wanted = {SIDES[0]: str(given.text), "label": str(given.label)} | ({"group": given.group} if given.group else {})
    tables: list[pd.DataFrame] = []
    names: list[set[str]] = []
    said: list[str] = []
    problems: list[str] = []
    for split, path in [(split, path) for split, parts in files.items() for path in parts]:
        try:
            content = contents(path, settings.read)
            tables.append(text_columns.chosen(content, path, wanted).assign(split=split))
            names.append(set(content.names))
            said.append(f"read {len(content.numbers)} rows of {path} ({content.how})")
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)
    return Read(pd.concat(tables, ignore_index=True), set.intersection(*names), said)


def with_values(text: str, values: dict[str, Any]) -> str:
    """Return the text of params.yaml with other values by their dotted names; every other line and comment is kept."""
    lines, sections, blocks = text.splitlines(), YAML().load(text), recipe.blocks(text)
    spans: dict[str, slice] = {}
    for section, keys in sections.items():
        starts = [keys.lc.key(key)[0] for key in keys]
        ends = [*starts[1:], blocks[section].stop]
        spans |= {f"{section}.{key}": slice(*span) for key, *span in zip(keys, starts, ends, strict=True)}
    for name in sorted(
        values, key=lambda name: spans[name].start, reverse=True
    ):  # the last first: others stay in place
        first, *others = lines[spans[name]]
        comment = re.search(r"\s+#.*", first)
        new = (
            f"  {name.partition('.')[2]}: {json.dumps(values[name], ensure_ascii=False)}{comment[0] if comment else ''}"
        )
        lines[spans[name]] = [new, *(line for line in others if not line.strip() or line.lstrip().startswith("#"))]
    return "\n".join(lines) + "\n"


def _written(value: Any) -> str:
    """Return a value as YAML, a plain word without quotation marks."""
    plain = isinstance(value, str) and re.fullmatch(r"[^\W\d][\w ]*\w", value) and YAML(typ="safe").load(value) == value
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def changes(settings: Params, given: Given, found: Read) -> dict[str, Any]:
    """Return the values of params.yaml that these data need: what speaks of other columns or classes is let go."""
    old, labels = settings.validation, set(found.rows["label"].dropna())
    slices = [name for name in old.slices if name in found.columns and name not in (given.text, given.label)]
    values: dict[str, Any] = {
        "validation.text": given.text,
        "validation.label": given.label,
        "validation.group": given.group,
        "validation.cluster": old.cluster if old.cluster in found.columns else None,
        "validation.slices": slices,
        "validation.labels": old.labels if old.labels and set(old.labels) == labels else None,
    }
    if not set(settings.evaluation.named_classes) <= labels:
        values |= {"evaluation.positive": None, "evaluation.cost": None, "evaluation.gates": []}
    return {name: value for name, value in values.items() if value != _value(settings, name)}


def _value(settings: Params, name: str) -> Any:
    section, key = name.split(".")
    return getattr(getattr(settings, section), key)


def put(files: dict[str, list[Path]], folder: Path) -> None:
    """Copy the files into a folder of their own, which replaces what was there, each by the name of its split."""
    with replacing(folder) as partial:
        partial.mkdir(parents=True)
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
    status = subprocess.run(["dvc", "status", "--json", str(record)], capture_output=True, text=True)
    if not record.is_file() or status.returncode or json.loads(status.stdout or "{}"):
        raise UserError(
            f"{folder} holds files that DVC has no copy of: `dvc add {folder}` keeps one, or move them elsewhere"
        )


def announce(found: Read, settings: Params, changed: dict[str, Any]) -> None:
    """Print how files were read, the classes and counts, what changed, and what to type next."""
    print("\n".join(found.said))
    labels = found.rows["label"].fillna("(no label)").map(shortened)
    counts = pd.crosstab(labels, found.rows["split"])[found.rows["split"].unique()]
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    print(counts.head(SHOWN).rename_axis(None, axis=1).rename_axis(None).to_string())
    if len(counts) > SHOWN:
        print(f"... and {len(counts) - SHOWN} more classes")
    print(f"{paths.RAW} holds the files")
    if changed:
        print(f"{paths.PARAMS} has new values of {', '.join(changed)}: `git diff {paths.PARAMS}`")
    if settings.validation.group is None:
        print("where rows share a patient or a document, run this again with GROUP=column")
    if settings.evaluation.positive is None:
        print(f"where one class must not be missed, name it in {paths.PARAMS}: evaluation.positive")
    print("next: `make run`")


def main(*words: str) -> None:
    arguments = parser().parse_args(words)
    given = Given(arguments.files, arguments.text or None, arguments.label or None, arguments.group or None)
    if not given.files:
        raise UserError('name your files: make data FILES="train.csv dev.csv test.csv" TEXT=column LABEL=column')
    settings = load()
    files = by_split(given.files)
    require_columns(given, next(iter(files.values()))[0], settings.validation)
    found = read(files, given, settings.validation)
    changed = changes(settings, given, found)
    text = with_values(paths.PARAMS.read_text(encoding="utf-8"), changed)
    try:
        new = Params.model_validate(YAML(typ="safe").load(text))
    except (YAMLError, ValidationError):
        values = [f"{name} to {json.dumps(value)}" for name, value in changed.items()]
        raise UserError(f"{paths.PARAMS} is not valid with new values: set by hand {', '.join(values)}") from None
    if not all(path.resolve().is_relative_to(paths.RAW.resolve()) for parts in files.values() for path in parts):
        refuse_unrecorded(paths.RAW)
        put(files, paths.RAW)
    with replacing(paths.PARAMS) as partial:
        partial.write_text(text, encoding="utf-8")
    announce(found, new, changed)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

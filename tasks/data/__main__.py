"""Your own data in one command: `make data FILES="train.csv dev.csv test.csv" TEXT=column LABEL=column`.

The files are put into data/raw, their columns named in params.yaml, and classes and counts shown. Nothing is changed
before all files are read and hold what `validation` can use.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
from pydantic import ValidationError

from core.base import paths
from core.base.errors import UserError, run
from core.base.messages import shortened
from core.base.params import told
from tasks import params_file
from tasks.data.columns import Given, with_columns
from tasks.data.files import by_split, described, holds_the_sample, in_place, joined, put, refuse_unrecorded
from tasks.evaluation.params import Evaluation
from tasks.params import Params, load
from tasks.validation import counts, raw_files
from tasks.validation.__main__ import checked, warnings
from tasks.validation.params import Validation

SHOWN = 12  # classes
AS_TYPED = {f"validation.{key} in params.yaml": key.upper() for key in ("text", "label", "group")} | {
    "validation.group: ": "GROUP: ",
    "another column in params.yaml, or to null": "another column, or leave it out",
    f", see {paths.QUARANTINE}": "",  # only `validation` writes it
}


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    first, _, more = (__doc__ or "").partition("\n\n")
    options = argparse.ArgumentParser(prog="python -m tasks.data", description=first, epilog=more)
    options.add_argument("files", nargs="*", help="one for each split, one to be split, or a folder of them")
    options.add_argument("--text", default="", help="the column of the texts; of sentence pairs: premise,hypothesis")
    options.add_argument("--label", default="", help="the column of the classes")
    options.add_argument("--group", default="", help="the column that rows share and that never spans two splits")
    return options


def changes(settings: Params, asked: Validation, labels: set[str]) -> dict[str, Any]:
    """Return the values of params.yaml that these data need: what speaks of other columns or classes is let go."""
    old = settings.validation
    ordered = old.labels if old.labels and set(old.labels) == labels else None
    columns = ("text", "label", "group", "cluster", "slices")
    values = {f"validation.{key}": getattr(asked, key) for key in columns} | {"validation.labels": ordered}
    values |= _decision(settings.evaluation, labels, asked.slices, ordered is not None)
    return {name: value for name, value in values.items() if value != _value(settings, name)}


def _decision(old: Evaluation, labels: set[str], slices: list[str], in_order: bool) -> dict[str, Any]:
    """Return what decides of params.yaml, without what speaks of classes or columns that are gone."""
    known = set(old.named_classes) <= labels
    lost = [*([] if known else ["cost"]), *([] if in_order else ["weighted_kappa"])]
    kept = [gate for gate in old.gates if known and gate.metric not in lost]
    kept = [gate for gate in kept if gate.of_class in (None, *labels) and set(gate.slice or ()) <= set(slices)]
    return {
        "evaluation.primary": "balanced_accuracy" if old.primary in lost else old.primary,
        "evaluation.positive": old.positive if known else None,
        "evaluation.cost": old.cost if known else None,
        "evaluation.gates": old.gates if kept == old.gates else [gate.model_dump(exclude_none=True) for gate in kept],
    }


def _value(settings: Params, name: str) -> Any:
    section, key = name.split(".")
    return getattr(getattr(settings, section), key)


def with_changes(settings: Params, changed: dict[str, Any]) -> Params:
    """Return the parameters with other values. Raises UserError with each reason why they may not be so."""
    values = settings.model_dump()
    for name, value in changed.items():
        section, key = name.split(".")
        values[section][key] = value
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        raise UserError(*(told(paths.PARAMS, fault, Params) for fault in error.errors())) from None


def show(found: raw_files.Raw) -> None:
    """Print how files were read, and the classes and counts."""
    for file in found.files:
        print(f"read {file.rows} rows of {file.file} ({file.read_as})")
    labels, splits = found.rows["label"].fillna("(no label)").map(shortened), found.rows["split"].fillna("rows")
    table = pd.crosstab(labels, splits)[splits.unique()]
    table = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    print(table.head(SHOWN).rename_axis(None, axis=1).rename_axis(None).to_string())
    if len(table) > SHOWN:
        print(f"... and {len(table) - SHOWN} more classes")


def announce(settings: Params, changed: dict[str, Any]) -> None:
    """Print what changed, and what to type next."""
    print(f"{paths.RAW} holds the files")
    if changed:
        print(f"{paths.PARAMS} has new values of {', '.join(changed)}: `git diff {paths.PARAMS}`")
    if settings.validation.group is None:
        print("where rows share a patient or a document, run this again with GROUP=column")
    if settings.evaluation.positive is None:
        print(f"where one class must not be missed, name it in {paths.PARAMS}: evaluation.positive")
    print("next: `make run`")


@contextmanager
def told_as_typed() -> Iterator[None]:
    """Let problems name columns as the command line does: params.yaml gets them from there."""
    try:
        yield
    except UserError as error:
        problems = list(error.problems)
        for said, typed in AS_TYPED.items():
            problems = [problem.replace(said, typed) for problem in problems]
        raise UserError(*problems) from None


def main(*words: str) -> None:
    arguments = parser().parse_args(words)
    given = Given(joined(arguments.files), arguments.text, arguments.label, arguments.group)
    if not given.files:
        raise UserError('name your files: make data FILES="train.csv dev.csv test.csv" TEXT=column LABEL=column')
    settings = load()
    files = by_split(given.files)
    with told_as_typed():
        asked = with_columns(settings.validation, given, next(iter(files.values()))[0], holds_the_sample())
        found = raw_files.read(files, asked)
        show(found)
        changed = changes(settings, asked, set(found.rows["label"].dropna()))
        new = with_changes(settings, changed)
        usable = checked(found, new.validation)
        print(f"quarantined: {counts.quarantined(usable.counts)}\n{counts.usable(usable.counts)}")
        if usable.problems:
            raise UserError(*usable.problems)
        for warning in warnings(usable, new.validation):
            print(warning)
    already = in_place(files, paths.RAW)
    if not already:
        refuse_unrecorded(paths.RAW)
    text = params_file.with_values(paths.PARAMS.read_text(encoding="utf-8"), changed)
    by_hand = ", ".join(f"{name} to {json.dumps(value)}" for name, value in changed.items())
    params_file.replace(paths.PARAMS, text, new, f"set by hand {by_hand}")
    if not already:
        put(files, paths.RAW, described(given.files))
    announce(new, changed)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""Rows that later stages may trust, from whatever files a team puts into data/raw.

Whatever is set aside goes to data/quarantine.parquet with the reason; whatever needs a person stops the run.
"""

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from core.base import params, paths
from core.base.errors import UserError, run
from core.base.files import replacing, sha256, write_json
from core.base.messages import listed
from core.data.splits import SPLITS
from core.data.texts import SIDES, SLICE, sides
from tasks.validation.expectations import Outcome, check
from tasks.validation.explanations import explain
from tasks.validation.params import Validation
from tasks.validation.quarantine import REASONS, normalized, reasons
from tasks.validation.raw_files import description, find
from tasks.validation.splits import split
from tasks.validation.text_columns import read as read_table

FEW_LABELS = 20  # so many may each have a single row; the minimum of rows per class speaks then


def read_all(files: dict[str, Path], settings: Validation) -> pd.DataFrame:
    """Return the rows of all files. Raises UserError with what is wrong in any of them."""
    columns = dict(zip(SIDES, settings.texts, strict=False)) | {"label": settings.label}
    if settings.group is not None:
        columns["group"] = settings.group
    columns |= {f"{SLICE}{name}": name for name in settings.slices}
    tables: list[pd.DataFrame] = []
    problems: list[str] = []
    for name, path in files.items():
        try:
            tables.append(identified(read_table(path, columns), name))
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)
    return pd.concat(tables, ignore_index=True)


def identified(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the table with the columns row_id, split (null where it is yet to be drawn), group and normalized."""
    nothing = pd.Series(None, index=table.index, dtype="str")
    return table.assign(
        row_id=pd.Series([f"{name}-{number}" for number in range(1, len(table) + 1)], dtype="str"),
        split=nothing.fillna(name) if name in SPLITS else nothing,
        group=table.get("group", nothing),
        normalized=compared(table),
    )


def compared(table: pd.DataFrame) -> pd.Series:
    """Return what rows of the same text share: of a pair both texts, and null where one of them is missing."""
    first, *second = (table[side].map(normalized, na_action="ignore").astype("str") for side in sides(table))
    for other in second:
        first = first + "\n" + other  # `normalized` leaves no line break, so that no two pairs share it by chance
    return first


def with_splits_drawn(rows: pd.DataFrame, settings: Validation) -> pd.DataFrame:
    """Return rows whose usable ones each have a split: the files' own, or one that is drawn here."""
    undrawn = rows[rows["reason"].isna() & rows["split"].isna()]
    drawn = split(undrawn["label"].fillna(""), undrawn["group"], settings.split)
    return rows.assign(split=rows["split"].fillna(drawn))


def label_set(rows: pd.DataFrame, settings: Validation) -> list[str]:
    """Return the labels in the order of their ids: those of params.yaml, or those of the rows to train on.

    Raises UserError where the labels are hardly labels, whose text would otherwise end up in the report.
    """
    if settings.labels is not None:
        return settings.labels
    # A label whose rows are all set aside still counts, so that a lost class is reported.
    found = rows.loc[rows["split"].isna() | (rows["split"] == "train"), "label"].dropna()
    labels = sorted(found.unique())
    if len(labels) > max(FEW_LABELS, len(found) / 2):
        raise UserError(
            f"column {settings.label} has {len(labels)} different labels in {len(found)} rows to train on: "
            "set validation.label in params.yaml to the column that holds the class"
        )
    return labels


def counts_of_split(rows: pd.DataFrame, labels: list[str]) -> dict[str, Any]:
    usable = rows[rows["reason"].isna()]
    classes = usable["label"].value_counts()
    return {
        "read": len(rows),
        "set_aside": len(rows) - len(usable),
        "usable": len(usable),
        "classes": {label: int(classes.get(label, 0)) for label in labels},
    }


def counts_of_reason(rows: pd.DataFrame, reason: str) -> dict[str, Any]:
    found = rows[rows["reason"] == reason]
    return {"reason": reason, "rows": len(found), "texts": found["normalized"].nunique()}


def in_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "expectation": outcome.expectation,
        "severity": outcome.severity,
        "passed": outcome.passed,
        "failing": outcome.failing,
        "row_ids": outcome.row_ids[:20],
    }


def announce(report: dict[str, Any]) -> None:
    read = [f"{file['rows']} rows of {file['file']}" for file in report["files"]]
    aside = [f"{each['rows']} {each['reason']}" for each in report["set_aside"] if each["rows"]]
    usable = [f"{name} {counts['usable']}" for name, counts in report["rows"].items()]
    print(f"read {', '.join(read)}")
    print(f"set aside in {paths.QUARANTINE}: {', '.join(aside) or 'nothing'}")
    print(f"usable{' (split here)' if report['split_here'] else ''}: {', '.join(usable)}")
    for each in report["expectations"]:
        if each["severity"] == "warning" and not each["passed"]:
            print(f"warning: {each['failing']} rows do not meet: {each['expectation']} ({listed(each['row_ids'])})")


def main() -> None:
    settings = params.load(Validation)
    files = find(paths.RAW)
    rows = read_all(files, settings)
    rows["reason"] = reasons(rows)
    labels = label_set(rows, settings)
    rows = with_splits_drawn(rows, settings)
    outcomes = check(rows, settings, labels)
    of_file = rows["row_id"].str.rpartition("-")[0].value_counts()
    report = {
        "description": description(paths.RAW / "README.md"),
        "files": [{"file": p.name, "sha256": sha256(p), "rows": int(of_file[n])} for n, p in files.items()],
        "split_here": len(files) == 1,
        "labels": labels,
        "rows": {name: counts_of_split(rows[rows["split"] == name], labels) for name in SPLITS},
        "set_aside": [counts_of_reason(rows, reason) for reason in REASONS],
        "expectations": [in_json(outcome) for outcome in outcomes],
    }
    usable, texts = rows["reason"].isna(), sides(rows)
    with replacing(paths.QUARANTINE) as partial:
        rows.loc[~usable, ["row_id", "split", *texts, "label", "reason"]].to_parquet(partial, index=False)
    write_json(paths.VALIDATION_COUNTS, report)
    announce(report)
    problems = explain(outcomes, rows, settings, labels)
    if problems:
        raise UserError(*problems)
    with replacing(paths.VALIDATED) as folder:
        folder.mkdir()
        for name in SPLITS:
            kept = ["row_id", *texts, "label", "group", *(f"{SLICE}{column}" for column in settings.slices)]
            chosen = rows.loc[usable & (rows["split"] == name), kept]
            chosen.to_parquet(folder / f"{name}.parquet", index=False)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

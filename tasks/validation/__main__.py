"""Rows that later stages may trust, from whatever files a team puts into data/raw.

Rows that cannot be used go to data/quarantine.parquet, each with its reason. What a person must mend stops the run.
"""

import sys
from typing import NamedTuple

import pandas as pd

from core.base import params, paths, results
from core.base.errors import UserError, run
from core.base.files import replacing
from core.data.splits import SPLITS
from core.data.texts import CLUSTER, SLICE, sides
from core.data.validation_counts import RareClass, ValidationCounts
from tasks.validation import quarantine, raw_files, raw_folder, spellings, splits, too_few_groups
from tasks.validation.counts import announce, announce_read, counted
from tasks.validation.expectations import check
from tasks.validation.explanations import explain
from tasks.validation.params import Validation
from tasks.validation.rare import rare_classes, settled
from tasks.validation.refusal import told_in_report

FEW_LABELS = 20  # so many may each have a single row; the minimum of rows per class speaks then


def label_set(rows: pd.DataFrame, settings: Validation) -> list[str]:
    """Return the labels in the order of their ids: those of params.yaml, or those of the rows to train on.

    Raises UserError where the labels are hardly labels, whose text would otherwise end up in the report.
    """
    if settings.labels is not None:
        return settings.labels
    # A label whose rows are all quarantined still counts, so that a lost class is reported. So does one that training
    # lacks, where a class with too few rows is to be left out or merged.
    trains = rows["split"].isna() | (rows["split"] == "train") | (settings.rare != "stop")
    to_train_on = rows.loc[trains, "label"].dropna()
    labels = sorted(to_train_on.unique())
    if len(labels) > max(FEW_LABELS, len(to_train_on) / 2):
        raise UserError(
            f"column {settings.label} has {len(labels)} different labels in {len(to_train_on)} rows to train on: "
            "set validation.label in params.yaml to the column that holds the class"
        )
    return labels


def with_splits_drawn(rows: pd.DataFrame, settings: Validation) -> pd.DataFrame:
    """Return rows whose usable ones each have a split, the files' own or one drawn here, and whether `moved`."""
    undrawn = rows[rows["reason"].isna() & rows["split"].isna()]
    drawn = splits.split(undrawn, settings.split, settings.minimum_rows.model_dump())
    moved = rows.index.isin(drawn.index[drawn["moved"]])
    return rows.assign(split=rows["split"].fillna(drawn["split"]), moved=moved)


def with_classes_settled(
    rows: pd.DataFrame, labels: list[str], settings: Validation
) -> tuple[pd.DataFrame, list[str], list[RareClass]]:
    """Return rows with their splits, the labels, and what became of classes with too few rows."""
    drawn = with_splits_drawn(rows, settings)
    rare = rare_classes(drawn, labels, settings)
    if settings.rare == "stop" or not rare:
        return drawn, labels, []
    rows, labels, became = settled(rows, labels, rare, settings)
    return with_splits_drawn(rows, settings), labels, became


def quarantined(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that cannot be used, each with its reason."""
    return rows.loc[rows["reason"].notna(), ["row_id", "split", *sides(rows), "label", "reason"]]


def usable(rows: pd.DataFrame, split: str, settings: Validation) -> pd.DataFrame:
    """Return a split's usable rows with the columns that later stages read."""
    clusters = [CLUSTER] if settings.cluster else []
    columns = ["row_id", *sides(rows), "label", "group", *clusters, *(f"{SLICE}{name}" for name in settings.slices)]
    return rows.loc[rows["reason"].isna() & (rows["split"] == split), columns]


class Checked(NamedTuple):
    rows: pd.DataFrame  # each with its reason where it cannot be used, else with its split
    counts: ValidationCounts
    problems: list[str]  # that stop the run


def checked(raw: raw_files.Raw, settings: Validation) -> Checked:
    """Return the rows with what is wrong with them. Raises UserError where labels or groups cannot be told apart."""
    if problems := spellings.problems(raw.rows, settings):
        raise UserError(*problems)
    rows = raw.rows.assign(reason=quarantine.reasons(raw.rows))
    rows, labels, rare = with_classes_settled(rows, label_set(rows, settings), settings)
    outcomes = check(rows, settings, labels)
    counts = counted(raw, rows, labels, rare, outcomes)
    return Checked(rows, counts, explain(outcomes, rows, settings, labels, raw.split_here))


def warnings(found: Checked, settings: Validation) -> list[str]:
    """Return what stops nothing, and yet may leave the splits too small to tell much."""
    counts = found.counts
    usable_rows = {split: of_split.usable for split, of_split in counts.rows.items()}
    shares = splits.far_from_shares(usable_rows, settings.split) if counts.split_here else []
    return shares + too_few_groups.warnings(found.rows, settings, counts.split_here)


def validate(settings: Validation) -> None:
    """Write the usable rows, those in quarantine, and their counts. Raises UserError with all that is to be mended."""
    raw = raw_files.read(raw_folder.files(paths.RAW), settings)
    announce_read(raw.files)
    found = checked(raw, settings)
    rows, counts, problems = found
    with replacing(paths.QUARANTINE) as partial:
        quarantined(rows).to_parquet(partial, index=False)
    results.write(paths.VALIDATION_COUNTS, counts)
    announce(counts)
    for warning in warnings(found, settings):
        print(warning)
    if problems:
        raise UserError(*problems)
    with replacing(paths.VALIDATED) as folder:
        folder.mkdir()
        for split in SPLITS:
            usable(rows, split, settings).to_parquet(folder / paths.validated(split).name, index=False)


def main() -> None:
    settings = params.load(Validation)
    with told_in_report():
        validate(settings)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""What reports/validation.json says, counted, and the same in a few printed lines."""

from collections.abc import Sequence

import pandas as pd

from core.base import paths
from core.base.messages import listed, shortened
from core.data.splits import SPLITS
from core.data.validation_counts import (
    Expectation,
    QuarantinedCounts,
    RareClass,
    RawFile,
    SplitCounts,
    ValidationCounts,
)
from tasks.validation.expectations import Outcome
from tasks.validation.quarantine import REASONS
from tasks.validation.raw_files import Raw, description

LISTED = 20  # rows that fail an expectation


def counted(
    raw: Raw, rows: pd.DataFrame, labels: list[str], rare: list[RareClass], outcomes: list[Outcome]
) -> ValidationCounts:
    """Return the counts of the files, of their rows, by now each with its split and reason, and of failures."""
    return ValidationCounts(
        description=description(paths.RAW / "README.md"),
        files=raw.files,
        split_here=raw.split_here,
        moved=int(rows["moved"].sum()),
        labels=labels,
        rows={split: _of_split(rows[rows["split"] == split], labels) for split in SPLITS},
        rare=rare,
        set_aside=[_of_reason(rows[rows["reason"] == reason], reason) for reason in REASONS],
        expectations=[_of_outcome(outcome) for outcome in outcomes],
    )


def _of_split(rows: pd.DataFrame, labels: list[str]) -> SplitCounts:
    usable = rows[rows["reason"].isna()]
    rows_by_label = usable["label"].value_counts()
    return SplitCounts(
        read=len(rows),
        set_aside=len(rows) - len(usable),
        usable=len(usable),
        classes={label: int(rows_by_label.get(label, 0)) for label in labels},
    )


def _of_reason(rows: pd.DataFrame, reason: str) -> QuarantinedCounts:
    return QuarantinedCounts(reason=reason, rows=len(rows), texts=rows["key"].nunique())


def _of_outcome(outcome: Outcome) -> Expectation:
    return Expectation(
        expectation=outcome.expectation,
        severity=outcome.severity,
        passed=outcome.passed,
        failing=outcome.failing,
        row_ids=outcome.row_ids[:LISTED],
    )


def announce_read(files: Sequence[RawFile]) -> None:
    """Print how many rows each file holds and how it was read, at once: of many rows the rest takes a while."""
    print(f"read {', '.join(f'{file.rows} rows of {file.file} ({file.read_as})' for file in files)}", flush=True)


def quarantined(counts: ValidationCounts) -> str:
    """Return how many rows are quarantined for which reason, in words."""
    return ", ".join(f"{reason.rows} {reason.reason}" for reason in counts.set_aside if reason.rows) or "nothing"


def usable(counts: ValidationCounts) -> str:
    """Return how many rows of each split are usable, in words."""
    rows = ", ".join(f"{split} {of_split.usable}" for split, of_split in counts.rows.items())
    return f"usable{' (split here)' if counts.split_here else ''}: {rows}"


def announce(counts: ValidationCounts) -> None:
    """Print what was quarantined, what is usable, and which warnings there are."""
    print(f"quarantined in {paths.QUARANTINE}: {quarantined(counts)}")
    print(usable(counts))
    if counts.moved:
        print(f"{counts.moved} of these rows are where small classes need them for validation.minimum_rows")
    for rare in counts.rare:
        became = f"merged into {shortened(rare.merged_into)}" if rare.merged_into else "left out"
        print(f"{became}: {shortened(rare.label)}, {rare.rows} usable rows")
    for outcome in counts.expectations:
        if outcome.severity == "warning" and not outcome.passed:
            rows = listed(outcome.row_ids)
            print(f"warning: {outcome.failing} rows do not meet: {outcome.expectation} ({rows})")

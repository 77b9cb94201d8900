"""A file of unlabelled rows, and which of them are left out."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.base import paths
from core.data import parquet
from core.data.sameness import key, row_keys
from core.data.splits import HELD_OUT, SPLITS
from core.data.texts import SIDES, sides
from tasks.validation import text_columns
from tasks.validation.file_formats import Content, contents
from tasks.validation.params import Validation

HAS_LABEL = "with a label already"
EMPTY, LENGTH = "empty text", "text shorter or longer than validation.characters"
LABELLED, DUPLICATE = "text labelled already", "text of an earlier row"
HELD = "group that validation or test holds"


@dataclass(frozen=True)
class Unlabelled:
    """What a file holds."""

    content: Content
    rows: pd.DataFrame  # texts; place; reason why it is left out, null where it can be chosen

    @property
    def usable(self) -> pd.DataFrame:
        """Return the rows that can be chosen, by their position in the file."""
        return self.rows[self.rows["reason"].isna()]

    @property
    def left_out(self) -> dict[str, int]:
        """Return how many rows are left out for each reason."""
        return {str(reason): int(count) for reason, count in self.rows["reason"].value_counts(sort=False).items()}


def read(path: Path, settings: Validation) -> Unlabelled:
    """Return the rows of a file. Raises UserError where it is missing or broken, or lacks a column of texts."""
    content = contents(path, settings.read)
    columns = dict(zip(SIDES, settings.texts, strict=False))
    if settings.group in content.names:
        columns["group"] = str(settings.group)
    if settings.label in content.names:
        columns["label"] = settings.label
    rows = text_columns.chosen(content, path, columns)
    return Unlabelled(content, rows.assign(reason=_reasons(rows, settings)))


def _reasons(rows: pd.DataFrame, settings: Validation) -> pd.Series:
    """Return why each row is left out, the first reason of several: null where it can be chosen."""
    keys, lengths = row_keys(rows), pd.concat([rows[side].str.len() for side in sides(rows)], axis=1)
    bounds = settings.characters
    of_length = ((lengths >= bounds.minimum) & (lengths <= bounds.maximum)).all(axis=1)
    reason = pd.Series(None, index=rows.index, dtype="str")
    nowhere = pd.Series(False, index=rows.index)
    applies = {
        EMPTY: keys.isna(),
        LENGTH: ~of_length,
        HAS_LABEL: rows["label"].notna() if "label" in rows else nowhere,
        LABELLED: keys.isin(_labelled_texts()),
        HELD: rows["group"].map(key, na_action="ignore").isin(_held_out_groups()) if "group" in rows else nowhere,
    }
    for why, where in applies.items():
        reason[reason.isna() & where] = why
    left = reason.isna()
    reason[left & keys.where(left).duplicated()] = DUPLICATE
    return reason


def _labelled_texts() -> set[str]:
    """Return the texts of all rows that have come with a label, quarantined ones among them; no label is read."""
    texts: set[str] = set()
    for path in (*map(paths.validated, SPLITS), paths.QUARANTINE):
        names = [name for name in parquet.table(path).column_names if name in SIDES]
        texts |= set(row_keys(parquet.frame(path, names)).dropna())
    return texts


def _held_out_groups() -> set[str]:
    return {
        key(group) for split in HELD_OUT for group in parquet.frame(paths.validated(split), ["group"])["group"].dropna()
    }

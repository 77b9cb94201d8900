"""What the report shows of what went in: rows by split and class, augmented copies, files, parameters."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from core.base import paths
from core.base.files import require, sha256
from core.data.splits import SPLITS
from core.data.validation_counts import QuarantinedCounts, ValidationCounts
from core.reporting.markdown import code
from tasks import recipe
from tasks.params import Params

CLASSES_SHOWN = 20
SOURCES = {
    paths.validated("validation"): "labels that epoch, seed and thresholds are chosen by",
    paths.validated("test"): "labels that every score is measured on",
    paths.SUSPECTS: "which rows have a near twin",
    paths.BASELINE_PREDICTIONS: "what the baselines predict",
    paths.FINETUNED_PREDICTIONS: "what the fine-tuned models predict",
    paths.PROBE_PREDICTIONS: "what linear probes predict of everyday sentences",
}


class RowCounts(NamedTuple):
    """Rows by split: what is counted, then its count in each split and in all files."""

    rows: list[list[str]]
    hidden: int  # classes beyond those shown


def row_counts(validation: ValidationCounts) -> RowCounts:
    """Return the rows of each split and of all files: read, quarantined, usable, and of each class.

    Of one file only usable rows have a split: the counts of others are left empty.
    """
    splits = [validation.rows[split] for split in SPLITS]
    read, usable = sum(file.rows for file in validation.files), [split.usable for split in splits]
    none = [""] * len(splits)
    shown = validation.labels[:CLASSES_SHOWN]
    rows: list[list[Any]] = [
        ["rows read", *(none if validation.split_here else [split.read for split in splits]), read],
        [
            "rows quarantined",
            *(none if validation.split_here else [split.set_aside for split in splits]),
            read - sum(usable),
        ],
        ["rows usable", *usable, sum(usable)],
    ]
    for label in shown:
        counts = [split.classes.get(label, 0) for split in splits]
        rows.append([code(label), *counts, sum(counts)])
    return RowCounts([list(map(str, row)) for row in rows], len(validation.labels) - len(shown))


def quarantined(validation: ValidationCounts) -> list[QuarantinedCounts]:
    """Return the reasons for which rows were quarantined."""
    return [reason for reason in validation.set_aside if reason.rows]


def augmented(rows: pd.DataFrame) -> dict[str, int]:
    """Return how many copies each operator made, by its name."""
    return {str(operator): int(count) for operator, count in sorted(rows["operator"].value_counts().items())}


class Source(NamedTuple):
    """A file that scores follow from."""

    path: str
    holds: str
    sha256: str


def sources(split: str, external: Mapping[str, str]) -> list[Source]:
    """Return the files that the scores of a split follow from, with their hashes; `external` are rungs' own files."""
    of_rungs = {Path(file): f"what {name} predicts" for name, file in external.items()}
    return [
        Source(str(path), holds, sha256(require(path)))
        for path, holds in (SOURCES | of_rungs).items()
        if path != paths.validated("test") or split == "test"
    ]


def original_recipe(used: Params) -> str:
    """Return the file of the original recipe where every value of it was used, else nothing."""
    return paths.ORIGINAL_RECIPE.as_posix() if recipe.is_followed(used, paths.ORIGINAL_RECIPE) else ""


def as_yaml(used: Params) -> str:
    """Return every parameter of the experiment as YAML; those of the study are in its own report."""
    values = used.model_dump(mode="json", exclude={"study"})
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, default_flow_style=None)).rstrip()

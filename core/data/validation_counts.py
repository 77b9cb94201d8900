"""reports/validation.json: what `validation` read, what it quarantined, and how each expectation fared."""

from typing import Literal

from core.base import paths, results
from core.base.results import Result


class RawFile(Result):
    """A file of data/raw."""

    file: str
    """Its path within data/raw."""
    read_as: str
    """How it was read, in words: its encoding, separator and quoting, or its format."""
    sha256: str
    """SHA-256 of its bytes, in lower-case hexadecimal."""
    rows: int
    """How many rows it holds, quarantined ones among them."""


class SplitCounts(Result):
    """The rows of one split: what was read is what was quarantined and what is usable.

    Of one file that is split here, rows that were quarantined before are of no split.
    """

    read: int
    """Rows that were read; 0 or more."""
    set_aside: int
    """Rows that were quarantined; 0 or more."""
    usable: int
    """Rows that later stages read; 0 or more."""
    classes: dict[str, int]
    """Usable rows by label, in the order of the labels' ids; 0 or more."""


class QuarantinedCounts(Result):
    """The rows that were quarantined for one reason."""

    reason: str
    """The reason, as data/quarantine.parquet gives it."""
    rows: int
    """Rows that were quarantined for it; 0 or more."""
    texts: int
    """Different texts of these rows, by their key (`core/data/sameness.py`); 0 or more."""


class RareClass(Result):
    """A class with fewer usable rows than `validation.minimum_rows` asks, where `validation.rare` is not stop."""

    label: str
    """The label as it stands in data/raw."""
    rows: int
    """Its usable rows; 0 or more."""
    merged_into: str | None
    """The class that they became; null where they were left out."""


class Expectation(Result):
    """Something that the rows must or should satisfy, asked by Great Expectations."""

    expectation: str
    """What is expected, in words."""
    severity: Literal["critical", "warning"]
    """Whether a failure stops the run (critical) or is told alone (warning)."""
    passed: bool
    """Whether it is met."""
    failing: int
    """Rows that do not meet it, or of an expectation on the whole table what is missing; 0 where it is met."""
    row_ids: list[str]
    """The first 20 of the rows that do not meet it."""


class ValidationCounts(Result):
    """What `validation` read, what it quarantined, and how each expectation fared."""

    description: str | None
    """The first paragraph of data/raw/README.md; null where there is none."""
    files: list[RawFile]
    """The files of data/raw: one for each split, or the one that is split here."""
    split_here: bool
    """Whether one file was given, and a hash of each row's group, else of its text, drew its split."""
    moved: int
    """Rows of it that went to another split, so that a small class has its minimum in each; 0 or more."""
    labels: list[str]
    """The labels in the order of their ids: those of params.yaml, or those of the rows to train on."""
    rows: dict[str, SplitCounts]
    """Row counts by split: train, validation, test."""
    rare: list[RareClass]
    """Classes with too few rows that were left out or merged, as `validation.rare` asks."""
    set_aside: list[QuarantinedCounts]
    """Row counts by reason of quarantine, in the order in which the reasons are looked for."""
    expectations: list[Expectation]
    """How each expectation fared, in the suite's order."""


def read() -> ValidationCounts:
    """Return what reports/validation.json holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.VALIDATION_COUNTS, ValidationCounts)

"""reports/leakage.json and data/suspects.parquet: the rows with a near twin, in their own split or in another."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.base import paths, results
from core.base.results import Result
from core.data import parquet
from core.data.similarity import THRESHOLDS, Measure
from core.data.splits import HELD_OUT, SPLITS

COLUMNS = ("row_id", "split", "twin", "twin_split", "measure", "similarity", "suspect")


class NearTwins(Result):
    """How many rows of one split have a near twin in a split, by one measure."""

    split: str
    """The split of the rows that are counted: train, validation or test."""
    twin_split: str
    """The split in which their twins lie; their own too."""
    measure: Measure
    """jaccard: of the sets of the texts' 5-grams of characters. cosine: of the pretrained encoder's mean states, less
    their mean in training."""
    rows: list[int]
    """Rows with a twin at least as similar as each of the measure's thresholds; 0 or more."""


class LeakageCounts(Result):
    """How many usable rows have a near twin, and how many of them make scores look too good."""

    thresholds: dict[Measure, list[float]]
    """The similarities at which rows are counted, by measure: the same in every run."""
    suspect_from: dict[Measure, float]
    """By measure the similarity from which a row is suspect: `leakage.jaccard` and `leakage.cosine` of params.yaml."""
    rows: dict[str, int]
    """Usable rows by split, which were compared with one another."""
    near_twins: list[NearTwins]
    """Counts for each measure and each pair of splits. MinHash proposes the pairs whose Jaccard similarity is computed:
    of those that reach 0.7 it misses one in a hundred at most, from 0.8 on one in ten thousand. A row is compared with
    the ten likeliest of a split alone: where hundreds of texts follow one template, a few rows in a hundred get a twin
    that is a little less similar than their nearest, and may fall below a threshold so."""
    suspects: dict[str, int]
    """Rows of validation with a twin in train, and rows of test with one in train or validation, that is suspect by
    either measure."""


def read() -> LeakageCounts:
    """Return what reports/leakage.json holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.LEAKAGE_COUNTS, LeakageCounts)


def read_twins() -> pd.DataFrame:
    """Return each row's nearest twin by measure and split. Raises UserError where the file is missing or damaged."""
    return parquet.frame(paths.SUSPECTS, COLUMNS)


def suspects(split: str, row_ids: Sequence[str]) -> NDArray[np.bool_]:
    """Return which of a split's rows are suspect."""
    twins = read_twins()
    named = set(twins.loc[twins["suspect"] & (twins["split"] == split), "row_id"])
    return np.array([row_id in named for row_id in row_ids], dtype=bool)


def is_suspect(twins: pd.DataFrame, suspect_from: Mapping[Measure, float]) -> pd.Series:
    """Return which rows have a twin so near that a score which counts them tells less of new texts.

    That twin lies in a split that models learn from or are chosen by: for validation in train, for test in either.
    """
    alike = twins["similarity"] >= twins["measure"].map(suspect_from).astype(np.float64)
    place, place_of_twin = (twins[column].map(SPLITS.index).astype(np.int64) for column in ("split", "twin_split"))
    return alike & (place > place_of_twin)


def counted(twins: pd.DataFrame, rows: Mapping[str, int], suspect_from: Mapping[Measure, float]) -> LeakageCounts:
    """Return the counts of the rows with a near twin."""
    found = dict(iter(twins.groupby(["split", "twin_split", "measure"])["similarity"]))
    none = pd.Series(dtype=np.float64)

    def at_thresholds(split: str, twin_split: str, measure: Measure) -> list[int]:
        similarity = found.get((split, twin_split, measure), none)
        return [int((similarity >= threshold).sum()) for threshold in THRESHOLDS[measure]]

    return LeakageCounts(
        thresholds={measure: list(values) for measure, values in THRESHOLDS.items()},
        suspect_from=dict(suspect_from),
        rows=dict(rows),
        near_twins=[
            NearTwins(split=split, twin_split=other, measure=measure, rows=at_thresholds(split, other, measure))
            for measure in THRESHOLDS
            for split in SPLITS
            for other in SPLITS
        ],
        suspects={
            split: twins.loc[twins["suspect"] & (twins["split"] == split), "row_id"].nunique() for split in HELD_OUT
        },
    )

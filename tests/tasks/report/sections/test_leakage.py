"""The tables of near twins: split by split, and what was quarantined before."""

from core.data.leakage_counts import LeakageCounts, NearTwins
from core.data.splits import SPLITS
from tasks.report.sections.leakage import near_twins, same_texts
from tests import counts

COUNTS = LeakageCounts(
    thresholds={"jaccard": [0.7, 0.8, 0.9], "cosine": [0.95, 0.98, 0.99]},
    suspect_from={"jaccard": 0.8, "cosine": 0.98},
    rows={"train": 1600, "validation": 400, "test": 600},
    near_twins=[
        NearTwins(split=split, twin_split=other, measure=measure, rows=[1200, 3, 0] if other == "train" else [0, 0, 0])
        for measure in ("jaccard", "cosine")
        for split in SPLITS
        for other in SPLITS
    ],
    suspects={"validation": 1, "test": 2},
)


def test_a_cell_has_the_rows_with_a_twin_in_that_split_at_each_threshold():
    lines = near_twins(COUNTS, "jaccard").splitlines()
    assert lines[0] == "| rows of | twin in train | twin in validation | twin in test |"
    assert lines[4] == "| test (600) | 1,200, 3, 0 | 0, 0, 0 | 0, 0, 0 |"
    assert len(lines) == 2 + len(SPLITS)


def test_rows_of_the_same_text_are_counted_apart():
    found = counts.validated(
        {"train": 10}, quarantined={"empty text": 3, "duplicate": 5, "training text also in validation or test": 2}
    )
    assert same_texts(found) == 7

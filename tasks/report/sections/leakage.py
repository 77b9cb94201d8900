"""What the report shows of rows with a near twin: a table of split by split for each measure."""

from core.data.leakage_counts import LeakageCounts
from core.data.similarity import Measure
from core.data.splits import SPLITS
from core.data.validation_counts import ValidationCounts
from core.reporting.markdown import table

SAME = ("duplicate", " also in ")  # in the reasons for which a row of the same text as another is quarantined


def near_twins(counts: LeakageCounts, measure: Measure) -> str:
    """Return how many rows of each split have a twin in each, at each of the measure's thresholds."""
    found = {(each.split, each.twin_split): each.rows for each in counts.near_twins if each.measure == measure}
    rows = [
        [f"{split} ({counts.rows[split]:,})", *(", ".join(map("{:,}".format, found[split, other])) for other in SPLITS)]
        for split in SPLITS
    ]
    return table(["rows of", *(f"twin in {split}" for split in SPLITS)], rows)


def same_texts(validation: ValidationCounts) -> int:
    """Return how many rows were quarantined because their text is the same as another's."""
    return sum(each.rows for each in validation.set_aside if any(word in each.reason for word in SAME))

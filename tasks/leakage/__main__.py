"""Which rows have a near twin, in their own split or in another: what is learnt by heart is no proof of learning.

Texts alone are compared, and what the pretrained encoder makes of them: no label is read.
"""

import sys

import numpy as np
import pandas as pd

from core.base import params, paths, results
from core.base.errors import run
from core.base.files import replacing
from core.data import frozen_states, leakage_counts, parquet
from core.data.leakage_counts import COLUMNS, LeakageCounts
from core.data.sameness import key
from core.data.similarity import THRESHOLDS
from core.data.splits import SPLITS
from core.data.texts import sides
from tasks.leakage import meaning, wording
from tasks.leakage.params import Leakage

DIGITS = 4  # of a similarity: more are noise of the machine


def near_twins(section: Leakage) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return each row's nearest twin by measure and split, and the number of rows of each split."""
    texts = {split: parquet.frame(paths.validated(split)) for split in SPLITS}
    sizes = {split: len(each) for split, each in texts.items()}
    rows = pd.concat(texts, names=["split"])
    numbers = np.repeat(np.arange(len(SPLITS)), list(sizes.values()))
    keys = [[key(text) for text in rows[side]] for side in sides(rows)]
    states = [frozen_states.read(split, count) for split, count in sizes.items()]
    row_ids, splits = rows["row_id"].to_numpy(), np.array(SPLITS)[numbers]
    tables = []
    for measure, (row, twin, similarity) in {
        "jaccard": wording.near_pairs(keys, numbers, THRESHOLDS["jaccard"][0], section.seed),
        "cosine": meaning.near_pairs(states, THRESHOLDS["cosine"][0]),
    }.items():
        named = (row_ids[row], splits[row], row_ids[twin], splits[twin], measure, similarity.round(DIGITS), False)
        tables.append(pd.DataFrame(dict(zip(COLUMNS, named, strict=True))))
    twins = pd.concat(tables, ignore_index=True)
    return twins.assign(suspect=leakage_counts.is_suspect(twins, section.suspect_from)), sizes


def announce(counts: LeakageCounts) -> None:
    """Print how many rows are suspect."""
    suspects = [f"{count} of {counts.rows[split]} {split} rows" for split, count in counts.suspects.items()]
    print(f"a near twin in an earlier split: {', '.join(suspects)}")


def main() -> None:
    section = params.load(Leakage)
    twins, rows = near_twins(section)
    with replacing(paths.SUSPECTS) as partial:
        twins.to_parquet(partial, index=False)
    counts = leakage_counts.counted(twins, rows, section.suspect_from)
    results.write(paths.LEAKAGE_COUNTS, counts)
    announce(counts)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""Which rows are suspect, and how many have a near twin: from the table of twins alone."""

import pandas as pd

from core.base import paths, results
from core.data import leakage_counts
from core.data.leakage_counts import COLUMNS, counted, is_suspect, suspects

FROM = {"jaccard": 0.8, "cosine": 0.98}
TWINS = pd.DataFrame(
    [
        ("test-1", "test", "train-1", "train", "jaccard", 0.85),
        ("test-1", "test", "train-9", "train", "cosine", 0.99),
        ("test-2", "test", "validation-1", "validation", "jaccard", 0.8),
        ("test-3", "test", "train-2", "train", "jaccard", 0.79),
        ("test-4", "test", "test-5", "test", "jaccard", 0.95),
        ("validation-1", "validation", "test-2", "test", "jaccard", 0.8),
        ("validation-2", "validation", "train-3", "train", "cosine", 0.98),
        ("train-1", "train", "test-1", "test", "jaccard", 0.85),
    ],
    columns=COLUMNS[:-1],
)
FOUND = TWINS.assign(suspect=is_suspect(TWINS, FROM))


def test_a_row_is_suspect_where_its_twin_is_one_that_models_learn_from_or_are_chosen_by():
    assert list(FOUND.loc[FOUND["suspect"], "row_id"]) == ["test-1", "test-1", "test-2", "validation-2"]


def test_rows_are_counted_by_split_of_their_twin_at_each_threshold_and_suspects_once():
    counts = counted(FOUND, {"train": 9, "validation": 2, "test": 5}, FROM)
    rows = {(each.split, each.twin_split, each.measure): each.rows for each in counts.near_twins}
    assert len(rows) == 18
    assert rows["test", "train", "jaccard"] == [2, 1, 0]
    assert rows["test", "test", "jaccard"] == [1, 1, 1]
    assert rows["validation", "train", "cosine"] == [1, 1, 0]
    assert rows["train", "train", "cosine"] == [0, 0, 0]
    assert counts.suspects == {"validation": 1, "test": 2}


def test_without_any_twin_nothing_is_suspect():
    none = FOUND.iloc[:0]
    assert counted(none.assign(suspect=is_suspect(none, FROM)), {"train": 1}, FROM).suspects == {
        "validation": 0,
        "test": 0,
    }


def test_suspects_stand_at_the_places_of_their_rows():
    paths.SUSPECTS.parent.mkdir()
    FOUND.to_parquet(paths.SUSPECTS, index=False)
    assert suspects("test", ["test-3", "test-2", "test-1"]).tolist() == [False, True, True]
    assert suspects("validation", ["test-1"]).tolist() == [False]


def test_what_is_written_is_read_again():
    counts = counted(FOUND, {"train": 9, "validation": 2, "test": 5}, FROM)
    results.write(paths.LEAKAGE_COUNTS, counts)
    assert leakage_counts.read() == counts

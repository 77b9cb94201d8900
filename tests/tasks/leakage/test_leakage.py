"""The stage names the rows with a near twin, in which split it lies, and reads no label."""

import pandas as pd
import pytest

from core.base import paths
from core.data import leakage_counts
from tasks.baseline import __main__ as baseline
from tasks.leakage import __main__ as leakage
from tasks.tokenization import __main__ as tokenization
from tests.conftest import change_params

LONG = "the patient has had a severe cough and chest pain, denies melena, mother with mild rash on the left leg today"


@pytest.fixture
def leaking(validated, once):
    """A project after `baseline`, in which test-2 is nearly train-3, and train-5 nearly train-3 too."""

    def write(split: str, row: int, text: str) -> None:
        path = paths.validated(split)
        rows = pd.read_parquet(path)
        rows.loc[row - 1, "text"] = text
        rows.to_parquet(path, index=False)

    write("train", 3, LONG)
    write("train", 5, LONG.replace("today", "now"))
    write("test", 2, LONG.replace("severe", "SEVERE").replace("left", "right"))
    once(tokenization.main, baseline.main)


def twins(measure: str = "jaccard") -> dict[tuple[str, str], str]:
    """Return by row and split the twin there, by a measure."""
    found = leakage_counts.read_twins()
    of_measure = found[found["measure"] == measure]
    return dict(zip(zip(of_measure["row_id"], of_measure["twin_split"], strict=True), of_measure["twin"], strict=True))


def test_rows_with_a_near_twin_are_named_with_it_and_those_of_held_out_splits_are_suspect(leaking, capsys):
    leakage.main()
    assert twins() == {
        ("train-3", "train"): "train-5",
        ("train-5", "train"): "train-3",
        ("train-3", "test"): "test-2",
        ("train-5", "test"): "test-2",
        ("test-2", "train"): "train-3",
    }
    found = leakage_counts.read_twins()
    assert set(found.loc[found["suspect"] & (found["measure"] == "jaccard"), "row_id"]) == {"test-2"}
    counts = leakage_counts.read()
    assert counts.rows == {"train": 12, "validation": 6, "test": 8}
    assert counts.suspects["test"] >= 1
    assert f"{counts.suspects['test']} of 8 test rows" in capsys.readouterr().out


def test_states_that_point_the_same_way_are_twins_whatever_the_words(leaking):
    leakage.main()
    near = twins("cosine")
    assert near["test-2", "train"] in ("train-3", "train-5")  # read to the same 16 tokens


def test_a_row_is_suspect_from_the_similarity_that_params_yaml_gives(leaking, tiny_params):
    leakage.main()
    found = leakage_counts.read_twins()
    similarity = found.loc[(found["measure"] == "jaccard") & found["suspect"], "similarity"].item()
    tiny_params({"leakage.jaccard": similarity + 0.01, "leakage.cosine": 1.0})
    leakage.main()
    found = leakage_counts.read_twins()
    assert not found.loc[found["measure"] == "jaccard", "suspect"].any()
    assert twins()["test-2", "train"] == "train-3"  # and stays among the near ones


def test_running_again_gives_the_same_bytes_and_labels_change_nothing(leaking):
    leakage.main()
    first = paths.SUSPECTS.read_bytes(), paths.LEAKAGE_COUNTS.read_bytes()
    test = pd.read_parquet(paths.validated("test"))
    test["label"] = test["label"].to_numpy()[::-1]
    test.to_parquet(paths.validated("test"), index=False)
    leakage.main()
    assert (paths.SUSPECTS.read_bytes(), paths.LEAKAGE_COUNTS.read_bytes()) == first


def test_a_threshold_below_those_that_are_counted_is_refused(leaking):
    change_params({"leakage.jaccard": 0.5})
    with pytest.raises(
        leakage.params.UserError, match="leakage.jaccard is 0.5: input should be greater than or equal to 0.7"
    ):
        leakage.main()

"""The ladder: its rungs learn from original training rows."""

import numpy as np
import pandas as pd
import pytest

from core.base import paths
from core.data import ladder, predictions
from tasks.baseline import __main__ as baseline
from tasks.baseline.rungs import RUNGS
from tasks.tokenization import __main__ as tokenization

NAMES = [rung.name for rung in RUNGS]
TEST = [f"test-{row + 1}" for row in range(8)]


@pytest.fixture
def table(validated) -> pd.DataFrame:
    tokenization.main()
    baseline.main()
    return predictions.read(paths.BASELINE_PREDICTIONS)


def test_every_rung_predicts_validation_and_test_with_probabilities(table):
    assert list(table["model"].unique()) == NAMES
    assert table.groupby(["model", "split"]).size().unstack().to_numpy().tolist() == [[8, 6]] * len(NAMES)
    sums = [sum(each) for each in table["probabilities"]]
    assert sums == pytest.approx([1] * len(sums))


def test_each_rung_is_described_for_the_report(table):
    assert [(rung.name, rung.description) for rung in ladder.read().rungs] == [rung[:2] for rung in RUNGS]


def test_the_majority_rung_gives_the_shares_of_the_original_training_rows(table):
    found = predictions.select(table, "majority", "test", TEST)
    assert found.tolist() == [[0.5, 0.5]] * 8


def test_words_that_tell_the_class_are_learnt(table):
    found = predictions.select(table, "tf-idf", "test", TEST)
    assert (found.argmax(1) == np.arange(8) % 2).all()


def test_running_again_gives_the_same_predictions(table):
    baseline.main()
    again = predictions.read(paths.BASELINE_PREDICTIONS)
    pd.testing.assert_frame_equal(again, table)


def test_test_labels_change_nothing(table):
    test = pd.read_parquet("data/validated/test.parquet")
    test["label"] = test["label"].to_numpy()[::-1]
    test.to_parquet("data/validated/test.parquet", index=False)
    tokenization.main()
    baseline.main()
    pd.testing.assert_frame_equal(predictions.read(paths.BASELINE_PREDICTIONS), table)

"""Predictions come back by row, whatever order they were written in."""

from pathlib import Path

import numpy as np
import pytest

from core.base import paths
from core.base.errors import UserError
from core.data import predictions


def test_predictions_are_selected_by_model_split_and_row():
    first, other = np.array([[0.1, 0.9], [0.2, 0.8]]), np.array([[0.5, 0.5], [0.6, 0.4]])
    path = Path("data/predictions/some.parquet")
    predictions.write(
        path,
        [
            predictions.table("a", "test", ["test-1", "test-2"], first),
            predictions.table("b", "test", ["test-1", "test-2"], other),
        ],
    )
    found = predictions.select(predictions.read(path), "a", "test", ["test-2", "test-1"])
    assert (found == first[::-1]).all()


def test_missing_predictions_name_the_command_that_makes_them():
    with pytest.raises(UserError, match="baseline.parquet is missing"):
        predictions.read(paths.BASELINE_PREDICTIONS)


@pytest.mark.parametrize("row", [[np.nan, 0.5], [1.5, -0.5], [0.5, 0.4], [np.inf, 0.0]])
def test_numbers_that_are_no_probabilities_are_named_by_model_and_row(row):
    table = predictions.table("a", "test", ["test-1", "test-2"], np.array([[0.5, 0.5], row]))
    with pytest.raises(UserError, match=r"a has no probabilities for 1 test rows \(test-2\): `dvc repro`"):
        predictions.select(table, "a", "test", ["test-1", "test-2"])

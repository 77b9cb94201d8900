"""A cell's file: whole, named, and refused where it is not what it should be."""

import numpy as np
import pytest

from core.base.errors import UserError
from study.cells import cell, files
from study.cells.cell import Computed

COMPUTED = Computed(device="cpu", precision="float32", copies=2, packages={"torch": "2"})
TABLE = np.array([[0.25, 0.75], [1.0, 0.0]])


def stored(name: str = "a") -> None:
    files.store(name, cell.content(["r1", "r2"], TABLE, COMPUTED))


def test_what_is_stored_is_read_to_the_bit():
    stored()
    table, computed = cell.read("a")
    assert np.array_equal(cell.probabilities(table, ["r1", "r2"], "a"), TABLE)
    assert computed == COMPUTED


def test_the_same_predictions_have_the_same_bytes():
    assert cell.content(["r1", "r2"], TABLE, COMPUTED) == cell.content(["r1", "r2"], TABLE.copy(), COMPUTED)


def test_a_cell_without_a_file_has_no_result():
    assert cell.read("a") is None and cell.read_failure("a") is None


def test_a_damaged_file_is_named_with_what_to_do():
    stored()
    files.place("a").write_bytes(files.place("a").read_bytes()[:50])
    with pytest.raises(UserError, match=r"data/study/cells/a.parquet is damaged .* delete it and run `make study`"):
        cell.read("a")


def test_predictions_are_those_of_the_rows_named_in_their_order():
    stored()
    assert cell.probabilities(cell.read("a")[0], ["r2"], "a").tolist() == [[1.0, 0.0]]
    assert np.array_equal(cell.probabilities(cell.read("a")[0], ["r2", "r1"], "a"), TABLE[::-1])


def test_rows_that_a_cell_has_not_predicted_are_refused():
    stored()
    with pytest.raises(UserError, match="other rows"):
        cell.probabilities(cell.read("a")[0], ["r1", "r3"], "a")

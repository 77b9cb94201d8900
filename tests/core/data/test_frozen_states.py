"""The frozen encoder's states are read as they were written, and refused where they are of other rows."""

import numpy as np
import pytest

from core.base import paths
from core.base.errors import UserError
from core.data import frozen_states

STATES = {"train": np.arange(6).reshape(3, 2) / 7, "test": np.ones((1, 2))}


def test_what_is_written_is_read_again_to_three_digits():
    frozen_states.write(STATES)
    found = frozen_states.read("train", 3)
    assert found.dtype == np.float32
    assert found == pytest.approx(STATES["train"], rel=1e-3)


def test_states_of_another_number_of_rows_and_damaged_ones_are_refused_with_what_to_do():
    frozen_states.write(STATES)
    with pytest.raises(UserError, match="has 3 rows, data/validated/train.parquet 4: `dvc repro`"):
        frozen_states.read("train", 4)
    (paths.STATES / "test.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(UserError, match="test.npy is damaged .*: delete data/states and run `dvc repro`"):
        frozen_states.read("test", 1)
    with pytest.raises(UserError, match="validation.npy is missing"):
        frozen_states.read("validation", 1)

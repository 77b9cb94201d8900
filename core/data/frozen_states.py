"""data/states: the pretrained encoder's mean states of the original rows, a file of float16 for each split."""

import numpy as np
from numpy.typing import NDArray

from core.base import paths
from core.base.errors import UserError
from core.base.files import replacing, require


def write(states: dict[str, NDArray[np.float64]]) -> None:
    """Write each split's states, shape (rows, hidden size): half the bytes of float32 tell near twins as well."""
    with replacing(paths.STATES) as folder:
        folder.mkdir()
        for split, table in states.items():
            np.save(folder / f"{split}.npy", table.astype(np.float16))


def read(split: str, rows: int) -> NDArray[np.float32]:
    """Return a split's states, in the order of its rows. Raises UserError where they are missing, damaged or others."""
    path = require(paths.STATES / f"{split}.npy")
    try:
        states = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} is damaged ({error}): delete {paths.STATES} and run `dvc repro`") from None
    if len(states) != rows:
        raise UserError(f"{path} has {len(states)} rows, {paths.validated(split)} {rows}: `dvc repro`")
    return np.asarray(states, dtype=np.float32)

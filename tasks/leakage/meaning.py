"""The nearest twin of each row by what the pretrained encoder makes of it: the cosine of mean states."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

States = NDArray[np.float32]  # a row beneath another
Integers = NDArray[np.int64]

AT_ONCE = 256  # rows that are compared with all those behind them
ROUNDING = 1e-6  # of a cosine in float32


def near_pairs(states: Sequence[States], least: float) -> tuple[Integers, Integers, NDArray[np.float64]]:
    """Return each row that has a twin in a split, its nearest one there, and the cosine of the two.

    `states` are those of each split, training first; rows are numbered through. Cosines are of what a state has beyond
    the mean of training: raw ones are high for any two texts of a domain, and of many encoders for any two at all.
    """
    units = np.concatenate([_unit(each - states[0].mean(0)) for each in states])
    ends = np.cumsum([len(each) for each in states])
    cosine = np.full((len(units), len(states)), least - ROUNDING, dtype=np.float32)
    twin = np.full(cosine.shape, -1)

    def keep(rows: slice, split: int, table: States, first: int) -> None:
        """Note which rows have a nearer twin among those of a split that start with the `first`."""
        nearest = table.max(1)
        better = np.flatnonzero(nearest > cosine[rows, split])
        cosine[rows.start + better, split] = nearest[better]
        twin[rows.start + better, split] = first + table[better].argmax(1)

    for split, (start, end) in enumerate(zip(ends - [len(each) for each in states], ends, strict=True)):
        for first in range(start, end, AT_ONCE):
            rows = slice(first, min(first + AT_ONCE, end))
            cosines = units[rows] @ units[first:].T  # each pair of rows once
            np.fill_diagonal(cosines, -1)
            for other in range(split, len(states)):
                columns = slice(first if other == split else ends[other - 1], ends[other])
                table = cosines[:, columns.start - first : columns.stop - first]
                keep(rows, other, table, columns.start)
                keep(columns, split, table.T, first)
    row, split_of_twin = np.nonzero(twin >= 0)
    return row, twin[row, split_of_twin], cosine[row, split_of_twin].astype(np.float64)


def _unit(states: States) -> States:
    return np.asarray(states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-12))

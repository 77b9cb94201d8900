"""The nearest twin of each row by what the pretrained encoder makes of it: the cosine of mean states."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

States = NDArray[np.float32]  # a row beneath another
Integers = NDArray[np.int64]
Twins = tuple[Integers, Integers, NDArray[np.float64]]

DIRECTIONS = 64  # of the states: two that are far apart in these alone are far apart
AT_ONCE = 256  # rows that are compared with all rows of a split


def near_pairs(states: Sequence[States], least: float) -> Twins:
    """Return each row that has a twin in a split, its nearest one there, and the cosine of the two.

    `states` are those of each split, training first; rows are numbered through. Cosines are of what a state has beyond
    the mean of training: raw ones are high for any two texts of a domain, and of many encoders for any two at all.
    """
    directions = [_unit(each - states[0].mean(0)) for each in states]
    units = np.concatenate(directions)
    likely = _likely(units, [len(each) for each in states], least)
    found = []
    start = 0
    for split, rows in zip(directions, likely, strict=True):
        for some in np.split(rows, range(AT_ONCE, len(rows), AT_ONCE)):
            found.append(_nearest(units, some, split, start, least))
        start += len(split)
    row, other, cosine = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(row, kind="stable")
    return row[order], other[order], cosine[order]


def _unit(states: States) -> States:
    return np.asarray(states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-12))


def _nearest(units: States, rows: Integers, split: States, start: int, least: float) -> Twins:
    """Return of some rows those with a twin in a split whose first row has the number `start`."""
    cosines = units[rows] @ split.T
    own = (rows >= start) & (rows < start + len(split))
    cosines[own, rows[own] - start] = -1
    nearest = cosines.argmax(1)
    cosine = cosines[np.arange(len(rows)), nearest].astype(np.float64)
    alike = cosine >= least
    return rows[alike], nearest[alike] + start, cosine[alike]


def _likely(units: States, sizes: Sequence[int], least: float) -> list[Integers]:
    """Return for each split the rows that may have a twin in it, by the main directions of all states alone.

    No other row has one: in fewer directions two states are at most as far apart.
    """
    _, directions = np.linalg.eigh(units.T @ units)
    reduced = units @ directions[:, -DIRECTIONS:]
    halves = (reduced**2).sum(1) / 2
    # |u - v|^2 = 2 (|u|^2 / 2 + |v|^2 / 2 - uv), which is 2 - 2 cosine of whole states
    ours = np.column_stack([reduced, np.ones(len(units), dtype=np.float32)])
    theirs = np.column_stack([reduced, -halves])
    needed = halves - (1 - least) - 1e-5
    likely, start = [], 0
    for size in sizes:
        columns = np.ascontiguousarray(theirs[start : start + size].T)
        rows = []
        for first in range(0, len(units), AT_ONCE):
            some = np.arange(first, min(first + AT_ONCE, len(units)))
            near = ours[some] @ columns
            own = (some >= start) & (some < start + size)
            near[own, some[own] - start] = -np.inf
            rows.append(some[near.max(1) >= needed[some]])
        likely.append(np.concatenate(rows))
        start += size
    return likely

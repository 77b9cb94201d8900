"""The nearest twin of each row by its words: the Jaccard similarity of 5-grams of characters."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.leakage.shingles import BANDS, WIDTH, Integers, Sides, Signatures, distinct, lengths, parts, sets, signatures

PROPOSED = 2  # rows of a split that each band proposes to a row, so that a thousand like texts are not a million pairs
COMPARED = 3  # of all that are proposed, those that a row is compared with in each split: of the most like signatures
ERRORS = 4  # standard errors that a signature's estimate may lie below the least similarity
PAIRS = 2**16  # whose signatures are looked at at once
CHARACTERS = 2**22  # of pairs of texts, compared at once: bounds memory, however long they are

Similarities = NDArray[np.float64]
Pairs = tuple[Integers, Integers]


def near_pairs(sides: Sides, splits: Integers, least: float, seed: int) -> tuple[Integers, Integers, Similarities]:
    """Return each row that has a twin in a split, its nearest one there, and how similar the two are.

    `splits` has the number of each row's split, in ascending order. Of sentence pairs both texts are as similar.
    """
    signed = signatures(sides, seed)
    left, right = proposed(signed, splits)
    estimates = _estimates(signed, left, right)
    likely = estimates >= least - ERRORS * np.sqrt(least * (1 - least) / (BANDS * WIDTH))
    left, right = _compared(left[likely], right[likely], estimates[likely], splits)
    similarity = jaccard(sides, left, right)
    alike = similarity >= least
    return _nearest(left[alike], right[alike], similarity[alike], splits)


def proposed(signed: Signatures, splits: Integers) -> Pairs:
    """Return the pairs of rows, the lower number first, whose signatures agree in a band."""
    found = [np.empty(0, dtype=np.int64)]
    for band in range(BANDS):
        for row, other in _of_band(signed[:, band * WIDTH : (band + 1) * WIDTH], splits):
            pair = np.minimum(row, other) * len(signed) + np.maximum(row, other)
            found.append(pair[row != other])
    return np.divmod(distinct(np.concatenate(found)), len(signed))


def _of_band(band: Signatures, splits: Integers) -> Iterator[Pairs]:
    """Yield for each split the rows, and those of the split that agree with them in this band."""
    key = np.zeros(len(band), dtype=np.uint64)
    for column in band.T:
        key = (key ^ column) * np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd
    _, group, size = np.unique(key, return_inverse=True, return_counts=True)
    rows = np.flatnonzero(size[group] > 1)
    rows = rows[np.argsort(group[rows], kind="stable")]  # by group, within it by split
    group, place = group[rows], np.arange(len(rows))
    start = np.searchsorted(group, group)
    for split in np.unique(splits):
        within = splits[rows] == split
        before = start + _counts(group, (splits[rows] < split))
        count = _counts(group, within)
        for step in range(PROPOSED):
            some = count > step
            other = before[some] + (place[some] - start[some] + 1 + step) % count[some]
            yield rows[some], rows[other]


def _counts(group: Integers, chosen: NDArray[np.bool_]) -> Integers:
    """Return for each row how many rows of its group are chosen."""
    return np.bincount(group, chosen)[group].astype(np.int64) if len(group) else group


def _estimates(signed: Signatures, left: Integers, right: Integers) -> Similarities:
    """Return the share of each pair's signatures that agree, which estimates the Jaccard similarity."""
    starts = range(0, len(left), PAIRS)
    agreeing = [(signed[left[n : n + PAIRS]] == signed[right[n : n + PAIRS]]).mean(1) for n in starts]
    return np.concatenate([np.empty(0), *agreeing])


def _compared(left: Integers, right: Integers, estimates: Similarities, splits: Integers) -> Pairs:
    """Return the pairs that are of the most likely for one of their rows."""
    row, other, likely = np.append(left, right), np.append(right, left), np.append(estimates, estimates)
    order = np.lexsort((other, -likely, splits[other], row))
    row, other = row[order], other[order]
    new = np.append(True, (row[1:] != row[:-1]) | (splits[other[1:]] != splits[other[:-1]]))[: len(row)]
    rank = np.arange(len(row)) - np.maximum.accumulate(np.where(new, np.arange(len(row)), 0))
    few = rank < COMPARED
    pair = np.minimum(row, other)[few] * len(splits) + np.maximum(row, other)[few]
    return np.divmod(distinct(pair), len(splits))


def jaccard(sides: Sides, left: Integers, right: Integers) -> Similarities:
    """Return the Jaccard similarity of each pair of rows, of sentence pairs that of the two texts less alike."""
    characters, found = lengths(sides), np.empty(len(left))
    for some in parts(characters[left] + characters[right], CHARACTERS):
        found[some] = np.min([_of_side(side, left[some], right[some]) for side in sides], axis=0)
    return found


def _of_side(side: Sequence[str], left: Integers, right: Integers) -> Similarities:
    rows = distinct(np.append(left, right))
    place = np.searchsorted(rows, np.append(left, right))
    table = sets([[side[row] for row in rows]])
    first, second = table[place[: len(left)]], table[place[len(left) :]]
    shared = np.asarray(first.multiply(second).sum(1), dtype=np.float64)
    return np.asarray(shared / (first.sum(1) + second.sum(1) - shared))


def _nearest(
    left: Integers, right: Integers, similarity: Similarities, splits: Integers
) -> tuple[Integers, Integers, Similarities]:
    twins = pd.DataFrame(
        {
            "row": np.append(left, right),
            "other": np.append(right, left),
            "similarity": np.append(similarity, similarity),
        }
    )
    twins["split"] = splits[twins["other"]]
    first = twins.sort_values(["row", "split", "similarity", "other"], ascending=[True, True, False, True])
    nearest = first.drop_duplicates(["row", "split"])
    return nearest["row"].to_numpy(), nearest["other"].to_numpy(), nearest["similarity"].to_numpy()

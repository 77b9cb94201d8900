"""The nearest twin of each row by its words: the Jaccard similarity of 5-grams of characters."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.leakage.shingles import BANDS, WIDTH, Integers, Sides, Signatures, distinct, lengths, parts, sets, signatures

ORDERED = 5  # bands by which rows that agree in one are put in order: those that lie side by side are most alike
NEAREST, FARTHEST = 2, 32  # rows of a split on each side that a band proposes, so that like texts are not all paired
PLENTY = 200_000  # proposals on a side for all rows together: of few rows each has more
COMPARED = 10  # of all that are proposed, those that a row is compared with in each split: of the most like signatures
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
    nearest = min(max(PLENTY // max(len(signed), 1), NEAREST), FARTHEST)
    bands = np.stack([_of_band(signed[:, band * WIDTH : (band + 1) * WIDTH]) for band in range(BANDS)])
    found = [np.empty(0, dtype=np.int64)]
    for band in range(BANDS):
        for row, other in _neighbours(np.roll(bands, -band, axis=0)[:ORDERED], splits, nearest):
            found.append(np.minimum(row, other) * len(signed) + np.maximum(row, other))
    return np.divmod(distinct(np.concatenate(found)), len(signed))


def _of_band(band: Signatures) -> NDArray[np.uint64]:
    key = np.zeros(len(band), dtype=np.uint64)
    for column in band.T:
        key = (key ^ column) * np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd
    return key


def _neighbours(bands: NDArray[np.uint64], splits: Integers, nearest: int) -> Iterator[Pairs]:
    """Yield for each split the rows, and those of the split that agree with them in the first of some bands.

    Of many, these are the nearest on each side where rows lie in the order of the other bands.
    """
    _, group, size = np.unique(bands[0], return_inverse=True, return_counts=True)
    rows = np.flatnonzero(size[group] > 1)
    rows = rows[np.lexsort((*bands[:0:-1, rows], group[rows]))]
    for split in np.unique(splits):
        of_split = splits[rows] == split
        others = np.flatnonzero(of_split)
        first_behind = np.searchsorted(others, np.arange(len(rows)))
        for step in range(-nearest, nearest):
            place = first_behind + step + (of_split if step >= 0 else 0)  # of its own split a row is the first itself
            there = (place >= 0) & (place < len(others))
            row, other = rows[there], rows[others[place[there]]]
            agree = group[row] == group[other]
            yield row[agree], other[agree]


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

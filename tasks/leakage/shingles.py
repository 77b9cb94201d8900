"""Texts as sets of 5-grams of characters, and which of many texts share most of theirs.

MinHash proposes pairs of rows (Broder, On the resemblance and containment of documents, 1997), whose Jaccard
similarity is then computed.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray
from scipy.sparse import csr_array

LENGTH = 5  # characters: a word and its neighbours' ends, in any script
BANDS, WIDTH = (
    25,
    5,
)  # signatures that agree in a whole band propose a pair: at a similarity of 0.8, all but 5 in 100,000
CACHED = 2**16  # characters that are hashed at once: their hashes stay in the processor's caches
HASHES = 2**30  # columns of a sparse table, whose numbers are hashes

T = TypeVar("T", bound=np.generic)
Integers = NDArray[np.int64]
Signatures = NDArray[np.uint32]  # one row beneath another
Sides = Sequence[Sequence[str]]  # the keys of all rows' texts; of sentence pairs two such lists


def sets(sides: Sides) -> csr_array:
    """Return the hashes of each row's 5-grams as columns of a sparse table; each text of a pair has its own.

    The 5-grams start at each character, and run on behind the text's end: one of two characters has two.
    """
    rows = distinct(np.concatenate([_hashed(side, number) for number, side in enumerate(sides)]))
    starts = np.searchsorted(rows, np.arange(len(sides[0]) + 1, dtype=np.uint64) << np.uint64(32))
    hashes = (rows & np.uint64(HASHES - 1)).astype(np.int32)
    return csr_array((np.ones(len(hashes), dtype=np.int32), hashes, starts), shape=(len(sides[0]), HASHES))


def _hashed(texts: Sequence[str], side: int) -> NDArray[np.uint64]:
    """Return each 5-gram's hash of 30 bits, in its upper 32 bits the number of its row."""
    padding = "\0" * (LENGTH - 1)
    joined = "".join((text.replace("\0", "\1") or "\1") + padding for text in texts) + padding
    characters = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    count = len(characters) - len(padding)
    hashes = np.full(count, side * 0x27D4EB2F, dtype=np.uint32)  # far from any character
    for offset in range(LENGTH):
        hashes = (hashes ^ characters[offset : count + offset]) * np.uint32(0x9E3779B1)  # 2^32 / golden ratio, odd
        hashes ^= hashes >> np.uint32(15)
    row = np.repeat(np.arange(len(texts), dtype=np.uint64), [max(len(text), 1) + len(padding) for text in texts])
    starts = characters[:count] != 0
    return np.asarray((row[starts] << np.uint64(32)) | (hashes[starts] & np.uint32(HASHES - 1)))


def signatures(sides: Sides, seed: int) -> Signatures:
    """Return each row's MinHash, as datasketch's `update_batch` has it, but of many rows at once."""
    found = np.empty((len(sides[0]), BANDS * WIDTH), dtype=np.uint32)
    slopes, shifts = MinHash(BANDS * WIDTH, seed=seed, scheme="affine32").permutations
    for rows in parts(lengths(sides), CACHED):
        table = sets([side[rows] for side in sides])
        hashes, starts = _mixed(table.indices.astype(np.uint32)), table.indptr[:-1]
        for number, (slope, shift) in enumerate(zip(slopes, shifts, strict=True)):
            found[rows, number] = np.minimum.reduceat(hashes * slope + shift, starts)
    return found


def distinct(numbers: NDArray[T]) -> NDArray[T]:
    """Return the different numbers in ascending order: numpy's `unique` hashes, which takes ten times as long."""
    ordered = np.sort(numbers)
    return np.asarray(ordered[np.append(len(ordered) > 0, ordered[1:] != ordered[:-1])[: len(ordered)]])


def lengths(sides: Sides) -> Integers:
    """Return the characters of each row."""
    return np.asarray(np.sum([[len(text) for text in side] for side in sides], axis=0, dtype=np.int64))


def parts(lengths: Integers, most: int) -> Iterator[slice]:
    """Yield rows, in their order, of so many characters at most; a longer row alone."""
    ends, start = np.cumsum(lengths), 0
    while start < len(ends):
        stop = int(np.searchsorted(ends, ends[start] - lengths[start] + most, "right"))
        yield slice(start, max(start + 1, stop))
        start = max(start + 1, stop)


def _mixed(hashes: Signatures) -> Signatures:
    """Return the hashes as datasketch mixes them before it permutes them: MurmurHash3's last step."""
    hashes = (hashes ^ (hashes >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    hashes = (hashes ^ (hashes >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return hashes ^ (hashes >> np.uint32(16))

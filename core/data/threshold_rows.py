"""Which validation rows choose nothing, so that thresholds rest on rows that no model was fitted to or chosen by."""

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.data import tokenized_rows

if TYPE_CHECKING:
    from datasets import Dataset

LEAST = 59  # groups: with none wrong among fewer, no error rate of at most 5% is shown with 95% confidence


def threshold_rows(groups: NDArray[Any], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which validation rows are set apart for thresholds; epochs, seeds, rungs and temperatures read the others.

    Half of the groups, as wholes, and of each class about half: groups are ordered by the rarest class that they
    have, then by a hash of their names, and every second one is set apart. So all stages find the same rows, and
    nobody can choose them. Where half of the groups are too few to show anything, no row is set apart.
    """
    names, member = np.unique(groups, return_inverse=True)
    if len(names) < 2 * LEAST:
        return np.zeros(len(groups), dtype=bool)
    rarity = np.bincount(labels).argsort(kind="stable").argsort()  # 0: the class of the fewest rows
    rarest = np.full(len(names), len(rarity))
    np.minimum.at(rarest, member, rarity[labels])
    hashes = [hashlib.sha256(str(name).encode()).hexdigest() for name in names]
    ordered = sorted(range(len(names)), key=lambda group: (rarest[group], hashes[group]))
    apart = np.zeros(len(names), dtype=bool)
    apart[ordered[1::2]] = True
    return np.asarray(apart[member])


def choosing(validation: "Dataset") -> NDArray[np.int64]:
    """Return the positions of the tokenized validation rows that may choose: those that are not set apart."""
    apart = threshold_rows(tokenized_rows.groups(validation), np.asarray(validation["labels"]))
    return np.flatnonzero(~apart)

"""How much rows tell that share something, such as a patient, and how much it takes to decide."""

import numpy as np
from numpy.typing import NDArray

FEWEST = 36  # groups: with fewer, over 2.5% of test sets lack the one in ten that loses all; benchmarks/coverage.md


def effective(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how many groups of equal size tell as much as those of these sizes, shape (groups, ...): Kish (1965)."""
    squares = (sizes**2).sum(0)
    return np.asarray(np.divide(sizes.sum(0) ** 2, squares, out=np.zeros_like(squares), where=squares > 0))


def equal_groups(*shared: NDArray[np.str_]) -> float:
    """Return how many groups of equal size tell as much as rows do, by the one of what they share that leaves least.

    Each is what every row shares with others, shape (rows,).
    """
    sizes = (np.unique(groups, return_counts=True)[1].astype(np.float64) for groups in shared)
    return min(round(float(effective(each)), 6) for each in sizes)

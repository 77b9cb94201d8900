"""How large a share can be that few rows or none show: the bound by which rows are left to a model."""

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from core.data.group_counts import effective
from core.scores.clusters import Groups, numbered


def at_most(hits: NDArray[np.bool_], groups: Groups, confidence: float) -> float:
    """Return what the share of rows that hold stays below with the given confidence: 1 where there is no row.

    Exact where rows share nothing: Clopper & Pearson, Biometrika 26 (1934). Else each group counts as one row, for few
    mistakes cannot tell how alike the rows of a group are: with the effective number of rows of Kish, Survey
    Sampling (1965), where they are all alike. So nothing less than a bound for the worst case is promised.
    """
    if not len(hits):
        return 1.0
    rows = float(effective(np.bincount(numbered(groups)[1]).astype(np.float64)))
    held = float(hits.mean()) * rows
    return float(scipy.stats.beta.ppf(confidence, held + 1, rows - held)) if held < rows else 1.0


def groups_needed(target: float, confidence: float) -> int:
    """Return of how many groups none may be wrong for `at_most` to reach the target."""
    return math.ceil(math.log(1 - confidence) / math.log(1 - target))

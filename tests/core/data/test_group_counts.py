"""How much rows tell that share something."""

import numpy as np
import pytest

from core.data.group_counts import effective, equal_groups


def test_groups_of_unlike_sizes_count_as_fewer():
    sizes = np.array([90.0, 5, 5])
    assert effective(sizes) == pytest.approx(100**2 / (90**2 + 2 * 5**2))
    assert effective(np.full(7, 3.0)) == pytest.approx(7)


def test_of_what_rows_share_the_one_counts_that_leaves_least():
    alone, pairs = np.arange(8).astype(str), (np.arange(8) // 2).astype(str)
    assert (equal_groups(alone), equal_groups(alone, pairs), equal_groups(pairs)) == (8, 4, 4)

"""One table becomes three: by the shares asked for, stratified, its groups kept together."""

import pandas as pd
import pytest

from core.base.errors import UserError
from core.data.splits import SPLITS
from tasks.validation.params import Split
from tasks.validation.splits import split

SHARES = Split(validation=0.1, test=0.2, seed=13)


def drawn(groups: list[str | None], shares: Split = SHARES) -> pd.Series:
    """Return the split of each row, of which one in four is urgent."""
    labels = ["urgent" if row % 4 == 0 else "routine" for row in range(len(groups))]
    return split(pd.Series(labels), pd.Series(groups, dtype="str"), shares)


@pytest.mark.parametrize(
    ("validation", "test", "expected"),
    [(0.15, 0.15, [140, 30, 30]), (0.3, 0.5, [40, 60, 100]), (0.02, 0.01, [194, 4, 2])],
)
def test_any_shares_are_met(validation, test, expected):
    found = drawn([None] * 200, Split(validation=validation, test=test, seed=13)).value_counts()
    assert [found[name] for name in SPLITS] == [pytest.approx(rows, abs=2) for rows in expected]


@pytest.mark.parametrize("count", [3, 4, 6])
def test_few_groups_are_parted_among_the_splits_each_of_them_whole(count):
    groups = [f"ward {row % count}" for row in range(60)]
    found = pd.Series(groups).groupby(drawn(groups)).unique()
    assert sorted(found.index) == sorted(SPLITS)
    assert sum(map(len, found)) == count


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_groups_than_splits_are_refused(count):
    with pytest.raises(UserError, match=f"the rows form {count} of at least 3 groups, one for each split"):
        drawn([f"ward {row % count}" for row in range(60)])

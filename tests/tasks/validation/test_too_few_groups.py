"""That the test rows are too few for a verdict is said before anything is trained."""

import numpy as np
import pandas as pd
import pytest

from core.data.group_counts import FEWEST
from tasks import params
from tasks.validation.too_few_groups import warnings
from tests.conftest import ROOT

SETTINGS = params.load(ROOT / "params.yaml").validation.model_copy(update={"cluster": None})
ALONE = [f"p{number}" for number in range(FEWEST)]
ONE_LARGE = ["large"] * 20 + ALONE


def rows(groups: list[str | None], split: str = "test") -> pd.DataFrame:
    """Return usable rows of one split with these groups."""
    ids = [f"{split}-{number}" for number in range(len(groups))]
    return pd.DataFrame({"row_id": ids, "split": split, "reason": None, "group": groups, "cluster": "one"})


@pytest.mark.parametrize(("groups", "count"), [(ALONE[1:], FEWEST - 1), (ONE_LARGE, 7), ([None] * 5, 5)])
def test_test_rows_that_can_decide_nothing_are_told_of(groups, count):
    (said,) = warnings(rows(groups), SETTINGS, split_here=True)
    assert (
        f"the {len(groups)} test rows tell as much as {count} clusters of equal size, and fewer than {FEWEST}" in said
    )
    assert f"validation.split.test in params.yaml (now {SETTINGS.split.test:g})" in said
    assert "validation.split" not in warnings(rows(groups), SETTINGS, split_here=False)[0]


def test_of_enough_groups_nothing_is_said_and_rows_that_are_not_tested_or_used_do_not_count():
    assert warnings(rows([*ALONE]), SETTINGS, split_here=True) == warnings(rows([None] * 36), SETTINGS, True) == []
    assert warnings(rows([*ALONE]).assign(reason=np.repeat([None, "duplicate"], [FEWEST - 1, 1])), SETTINGS, True)
    assert warnings(pd.concat([rows(ALONE[1:]), rows(ALONE, "train")]), SETTINGS, True)
    assert warnings(rows([*ALONE]), SETTINGS.model_copy(update={"cluster": "template"}), True)

"""Which rows are quarantined, and why."""

import pandas as pd

from core.data.splits import SPLITS

RARE = "class with too few rows"  # see validation.rare
REASONS = (
    "empty text",
    "conflicting labels",
    "duplicate",
    "training text also in validation or test",
    "validation text also in test",
    RARE,
)


def reasons(rows: pd.DataFrame) -> pd.Series:
    """Return why each row is quarantined: one of REASONS, or null where it is usable."""
    empty, conflicting, duplicate, also_held_out, also_in_test, _ = REASONS
    reason = pd.Series(None, index=rows.index, dtype="str")
    reason[rows["key"].isna()] = empty  # nothing to see, of a pair in either text
    classes = rows.groupby("key")["label"].transform("nunique")
    reason[classes > 1] = conflicting
    left = rows[reason.isna()]
    reason[left.index[left.duplicated(["split", "key"])]] = duplicate
    left = rows[reason.isna()]
    splits = {name: left[left["split"] == name] for name in SPLITS}
    in_test = left["key"].isin(splits["test"]["key"])
    in_validation = left["key"].isin(splits["validation"]["key"])
    reason[left.index[(left["split"] == "train") & (in_test | in_validation)]] = also_held_out
    reason[left.index[(left["split"] == "validation") & in_test]] = also_in_test
    return reason

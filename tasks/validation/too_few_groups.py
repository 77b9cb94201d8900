"""Whether the test rows are enough for a verdict, which is known before anything is trained."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.base import paths
from core.data.group_counts import FEWEST, equal_groups
from core.data.texts import CLUSTER
from tasks.validation.params import Validation


def warnings(rows: pd.DataFrame, settings: Validation, split_here: bool) -> list[str]:
    """Return a warning where the verdict on the usable test rows can be none but too few groups."""
    test = rows[rows["reason"].isna() & (rows["split"] == "test")]
    names = ["group", *([CLUSTER] if settings.cluster else [])]
    groups = equal_groups(*(_shared(test, name) for name in names))
    if groups >= FEWEST:
        return []
    share = f"a larger validation.split.test in {paths.PARAMS} (now {settings.split.test:g}), or " if split_here else ""
    return [
        f"warning: the {len(test)} test rows tell as much as {int(groups)} clusters of equal size, and fewer than "
        f"{FEWEST} are too few to decide, whatever the models are: {share}more rows would tell more"
    ]


def _shared(rows: pd.DataFrame, column: str) -> NDArray[np.str_]:
    return rows[column].fillna(rows["row_id"]).to_numpy(dtype=np.str_)  # what shares nothing is a group of its own

"""Two models' answers for the same rows."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

ROWS = 400
NAMES = np.array(["routine", "urgent"])


@pytest.fixture
def tables(write_params) -> Callable[..., None]:
    """Write labels.csv, and a.csv and b.csv with a share of the rows right; rows come in groups of a size."""

    def write(right: tuple[float, float] = (0.7, 0.85), size: int = 1, **params: object) -> None:
        whole = {"evaluation.positive": None, "validation.labels": None}
        write_params(whole | {f"evaluation.{name}": value for name, value in params.items()})
        labels = np.arange(ROWS) % 2
        row_ids = [f"r{row}" for row in range(ROWS)]
        groups = [f"g{row // size}" for row in range(ROWS)]
        pd.DataFrame({"row_id": row_ids, "label": NAMES[labels], "group": groups}).to_csv("labels.csv", index=False)
        for seed, (name, share) in enumerate(zip("ab", right, strict=True)):
            hit = np.repeat(np.random.default_rng(seed).random(ROWS // size), size) < share
            answers = np.where(hit, labels, 1 - labels)
            pd.DataFrame({"row_id": row_ids, "class": NAMES[answers]}).to_csv(f"{name}.csv", index=False)

    return write

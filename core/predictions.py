"""Tables of predictions: one row for each model, split and row_id, with a probability for each class."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.files import replacing, require

BASELINE = Path("data/predictions/baseline.parquet")
FINETUNED = Path("data/predictions/finetuned.parquet")
PROBE = Path("data/predictions/probe.parquet")


def table(model: str, split: str, row_ids: Sequence[str], probabilities: NDArray[np.float64]) -> pd.DataFrame:
    """Return the columns model, split, row_id, probabilities (a list of float64, in the order of the labels)."""
    return pd.DataFrame({"model": model, "split": split, "row_id": list(row_ids), "probabilities": list(probabilities)})


def write(path: Path, tables: Sequence[pd.DataFrame]) -> None:
    """Write the tables, one after the other, as one Parquet file."""
    with replacing(path) as partial:
        pd.concat(tables, ignore_index=True).to_parquet(partial, index=False)


def read(path: Path) -> pd.DataFrame:
    """Return the predictions of `path`. Raises UserError where it is missing."""
    return pd.read_parquet(require(path))


def select(predictions: pd.DataFrame, model: str, split: str, row_ids: Sequence[str]) -> NDArray[np.float64]:
    """Return one model's probabilities for the rows named, in that order: shape (rows, classes)."""
    chosen = predictions[(predictions["model"] == model) & (predictions["split"] == split)]
    return np.stack(chosen.set_index("row_id")["probabilities"].loc[list(row_ids)].tolist())

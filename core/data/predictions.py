"""Tables of predictions: one row for each model, split and row_id, with a probability for each class."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.base.errors import UserError
from core.base.files import replacing
from core.base.messages import listed
from core.data import parquet

SUM = 1e-3  # how far from 1 the probabilities of a row may sum, by rounding


def table(model: str, split: str, row_ids: Sequence[str], probabilities: NDArray[np.float64]) -> pd.DataFrame:
    """Return the columns model, split, row_id, probabilities (a list of float64, in the order of the labels)."""
    return pd.DataFrame({"model": model, "split": split, "row_id": list(row_ids), "probabilities": list(probabilities)})


def write(path: Path, tables: Sequence[pd.DataFrame]) -> None:
    """Write the tables, one after the other, as one Parquet file."""
    with replacing(path) as partial:
        pd.concat(tables, ignore_index=True).to_parquet(partial, index=False)


def read(path: Path) -> pd.DataFrame:
    """Return the predictions of `path`. Raises UserError where it is missing or damaged."""
    return parquet.frame(path, ["model", "split", "row_id", "probabilities"])


def select(predictions: pd.DataFrame, model: str, split: str, row_ids: Sequence[str]) -> NDArray[np.float64]:
    """Return one model's probabilities for the rows named, in that order: shape (rows, classes).

    Raises UserError where there is not exactly one prediction for each of them, of probabilities that sum to 1.
    """
    of_model = predictions[(predictions["model"] == model) & (predictions["split"] == split)]
    by_row_id = of_model.set_index("row_id")["probabilities"]
    if sorted(by_row_id.index) != sorted(row_ids) or by_row_id.map(np.shape).nunique() != 1:
        raise UserError(f"{model} has not one prediction for each {split} row: `dvc repro`")
    found = np.stack(by_row_id.loc[list(row_ids)].tolist())
    sound = (found >= 0).all(1) & (np.abs(found.sum(1) - 1) < SUM)
    if not sound.all():
        wrong = [row_ids[row] for row in np.flatnonzero(~sound).tolist()]
        raise UserError(f"{model} has no probabilities for {len(wrong)} {split} rows ({listed(wrong)}): `dvc repro`")
    return found


def by_model(
    predictions: pd.DataFrame, models: Iterable[str], row_ids: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Return model -> split -> probabilities, for the rows of each split."""
    return {model: {split: select(predictions, model, split, row_ids[split]) for split in row_ids} for model in models}

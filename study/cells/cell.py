"""A cell and its file: predictions of validation and test rows by one technique that has learnt from one draw."""

import io
import json
from importlib.metadata import version

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from core.base.errors import UserError
from core.base.results import Result
from core.base.results import read as read_result
from core.decision.scoring import Table
from study.cells.files import Failure, failure_place, place

KEY = b"cell"  # of the Parquet file's metadata
PACKAGES = (
    "accelerate",
    "datasets",
    "numpy",
    "peft",
    "scikit-activeml",
    "scikit-learn",
    "scipy",
    "sentence-transformers",
    "setfit",
    "tokenizers",
    "torch",
    "transformers",
)


class Cell(Result):
    """What is to be computed."""

    technique: str
    """The name of its file in study/techniques."""
    size: str
    """The name of the draw's size: 8 a class, or 25%."""
    repetition: int
    """Which of the draws of this size, from 1."""
    seed: int
    """What the technique's random numbers start from; the same for all techniques."""
    drawn: list[int]
    """The positions of the rows drawn among the original training rows."""
    start: list[int]
    """Those of the repetition's smallest draw."""
    gpu: bool
    """Whether it computes on a card where there is one."""
    name: str
    """The hash of all that its result depends on; its file's name."""

    @property
    def labels(self) -> int:
        """Return how many labels it has cost."""
        return len(self.drawn)

    @property
    def title(self) -> str:
        """Return what it is called where people read it."""
        return f"{self.technique} {self.size}, draw {self.repetition}"


class Computed(Result):
    """Where a cell was computed."""

    device: str
    """cpu, or the name of the accelerator."""
    precision: str
    """What networks multiplied in."""
    copies: int
    """How many augmented copies it learnt from, beside the rows drawn."""
    packages: dict[str, str]
    """The versions of the packages that computed it."""


def versions() -> dict[str, str]:
    """Return the versions here of the packages that compute."""
    return {name: version(name) for name in PACKAGES}


def content(row_ids: list[str], probabilities: Table, computed: Computed) -> bytes:
    """Return the bytes of a cell's file: columns row_id and probabilities (a list of float64)."""
    table = pa.table({"row_id": row_ids, "probabilities": list(probabilities)})
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({KEY: computed.model_dump_json().encode()}), buffer)
    return buffer.getvalue()


def read(name: str) -> tuple[pd.DataFrame, Computed] | None:
    """Return a cell's predictions (row_id, probabilities), and where it was computed; None where it has no file.

    Raises UserError where the file is damaged.
    """
    path = place(name)
    if not path.is_file():
        return None
    try:
        table = pq.read_table(path)
        computed = Computed.model_validate_json((table.schema.metadata or {})[KEY])
        return table.to_pandas(), computed
    except (pa.ArrowException, OSError, KeyError, ValidationError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(f"{path} is damaged ({reason}): delete it and run `make study`") from None


def probabilities(table: pd.DataFrame, row_ids: list[str], name: str) -> Table:
    """Return the predictions of a cell for the rows named, shape (rows, classes). Raises UserError for other rows."""
    by_row_id = table.set_index("row_id")["probabilities"]
    if not set(row_ids) <= set(by_row_id.index):
        raise UserError(f"{place(name)} has predictions of other rows: delete it and run `make study`")
    return np.stack(by_row_id.loc[row_ids].tolist())


def read_failure(name: str) -> Failure | None:
    """Return why a cell has no result, where that was noted."""
    path = failure_place(name)
    return read_result(path, Failure) if path.is_file() else None


def lines(cells: list[Cell]) -> str:
    """Return cells as lines of JSON."""
    return "".join(json.dumps(cell.model_dump()) + "\n" for cell in cells)

"""One cell computed, in a process whose folder is a snapshot."""

from functools import cache

import numpy as np

from core.base import params
from core.data import tokenized_rows
from core.decision.primary import Primary
from core.encoders.device import device_name, precision
from study.cells import cell as cells
from study.cells import rows
from study.cells.cell import Cell, Computed
from study.cells.rows import Rows
from study.techniques.technique import Material, technique


class NotFinite(Exception):
    """A technique predicted what is no probability."""


@cache
def _rows() -> Rows:
    return rows.read("validation")  # which split is scored makes no difference here


def material(cell: Cell, known: Rows) -> Material:
    """Return what the cell's technique is given."""
    return Material(
        rows=known.pool.select(cell.drawn),
        texts=known.texts.iloc[cell.drawn].reset_index(drop=True),
        copies=known.copies.select(known.drawn_copies(cell.drawn)),
        scored=known.held_out,
        scored_texts=known.held_out_texts,
        pool=known.pool,
        start=known.pool.select(cell.start),
        decision=params.load(Primary).decision(tokenized_rows.labels(known.pool)),
        seed=cell.seed,
    )


def compute(cell: Cell) -> bytes:
    """Return the content of the cell's file. Raises NotFinite, or what the technique raises."""
    known, way = _rows(), technique(cell.technique)
    given = material(cell, known)
    predicted = np.asarray(way.predict(given), dtype=np.float64)
    if not np.isfinite(predicted).all():
        raise NotFinite(f"{cell.title}: its probabilities are not finite")
    computed = Computed(
        device=device_name() if way.gpu else "cpu",
        precision=precision() if way.gpu else "float64",
        copies=len(given.copies) if way.augmented else 0,
        packages=cells.versions(),
    )
    return cells.content(list(known.held_out["row_id"]), predicted, computed)

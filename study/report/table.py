"""reports/study.csv: a row for each cell, with its scores, or with the reason why it has none."""

from typing import Any

import numpy as np
import pandas as pd

from core.decision.scoring import applicable, scores
from study.report.cells import Known, Studied

DIGITS = 6  # as in all reports: more are noise of the machine


def of_cells(studied: Studied) -> pd.DataFrame:
    """Return the cells by technique as params.yaml has them, then by labels and draw.

    Draws of all rows are one cell where no seed changes what is learnt.
    """
    order = list(dict.fromkeys(each.cell.technique for each in studied.known))
    once = {each.cell.name: each for each in reversed(studied.known)}.values()
    known = sorted(
        once,
        key=lambda each: (order.index(each.cell.technique), each.cell.labels, each.cell.size, each.cell.repetition),
    )
    return pd.DataFrame([_row(each, studied) for each in known])


def _row(known: Known, studied: Studied) -> dict[str, Any]:
    cell, decision = known.cell, studied.curves.decision
    found = scores(studied.curves.labels, known.predicted, decision) if known.predicted is not None else None
    values = {name: found.of(name) if found else None for name in applicable(decision)}
    return {
        "technique": cell.technique,
        "size": cell.size,
        "labels": cell.labels,
        "draw": cell.repetition,
        **{name: np.nan if value is None else round(value, DIGITS) for name, value in values.items()},
        "cell": cell.name,
        "device": known.computed.device if known.computed else None,
        "precision": known.computed.precision if known.computed else None,
        "failed": known.lacks,
    }

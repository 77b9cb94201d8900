"""The cells that params.yaml asks for as they stand, read once: the report is made from this, and from nothing else."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.base.errors import UserError
from core.base.messages import capped
from core.data import tokenized_rows
from core.decision.scoring import Table
from core.scores import learning_curve, readings
from core.scores.readings import Identity
from core.scores.rounding import rounded
from study.cells import cell as cell_files
from study.cells import plan, rows
from study.cells.cell import Cell, Computed
from study.cells.files import Failure
from study.cells.rows import Rows
from study.curves import choosing
from study.curves.choosing import Choosing
from study.curves.evidence import Curves
from study.techniques.technique import technique
from tasks.params import Params, load


@dataclass(frozen=True)
class Known:
    """A cell, and what there is of it."""

    cell: Cell
    predicted: Table | None  # probabilities of the scored rows
    computed: Computed | None
    failure: Failure | None

    @property
    def lacks(self) -> str | None:
        """Return why there are no predictions; None where there are."""
        if self.predicted is not None:
            return None
        return f"{self.failure.kind}: {self.failure.reason}" if self.failure else "not computed"


@dataclass(frozen=True)
class Studied:
    """All that the report is made from."""

    params: Params
    rows: Rows
    known: list[Known]  # each cell of the grid, in its order

    @property
    def names(self) -> list[str]:
        """Return the names of the classes, in the order of their ids."""
        return tokenized_rows.labels(self.rows.pool)

    @cached_property
    def curves(self) -> Curves:
        """Return the techniques that learn from draws, as their statistics read them."""
        return self._curves([each for each in self.known if not technique(each.cell.technique).reads_pool])

    @cached_property
    def choosing(self) -> Choosing | None:
        """Return what techniques bring that choose their rows; None where params.yaml names none."""
        known = [each for each in self.known if technique(each.cell.technique).reads_pool]
        return rounded(choosing.measured(self._curves(known))) if known else None

    def _curves(self, known: Sequence[Known]) -> Curves:
        scored, labels, classes = self.rows.scored, np.asarray(self.rows.pool["labels"]), len(self.names)
        tables: dict[str, dict[str, dict[int, Table]]] = {}
        for each in known:
            if each.predicted is not None:
                by_size = tables.setdefault(each.cell.technique, defaultdict(dict))
                by_size[each.cell.size][each.cell.repetition] = each.predicted
        drawn = {each.cell.size: np.bincount(labels[each.cell.drawn], minlength=classes) for each in known}
        return Curves(
            split=self.rows.split,
            labels=np.asarray(scored["labels"]),
            groups=tokenized_rows.groups(scored),
            clusters=tokenized_rows.clusters(scored),
            decision=self.params.evaluation.decision(self.names),
            names=self.names,
            tables=tables,
            drawn=drawn,
            pool=np.bincount(labels, minlength=classes),
        )

    @property
    def training(self) -> Identity:
        """Return what identifies the rows that draws are made from."""
        return learning_curve.training_rows(self.rows.pool)

    @property
    def test(self) -> Identity:
        """Return what identifies the scored rows, as the ledger has it."""
        scored = self.rows.scored
        return readings.test_set(scored["row_id"], scored["input_ids"], scored["labels"])

    @property
    def models(self) -> str:
        """Return what identifies all models: the digest of what they predict."""
        predicted = {each.cell.title: each.predicted for each in self.known if each.predicted is not None}
        return readings.digest(*(part for name in sorted(predicted) for part in (name, predicted[name].tobytes())))


def read() -> Studied:
    """Return the cells as they stand. Raises UserError where none is computed, or what they are of is missing."""
    settings = load()
    known = rows.read(plan.scored_split())
    row_ids = list(known.scored["row_id"])
    found = Studied(settings, known, [_known(each, row_ids) for each in plan.cells(known, settings.study)])
    if not found.curves.tables:
        failed = [f"{each.cell.title}: {each.lacks}" for each in found.known if each.failure]
        raise UserError(*capped(failed), "no cell of the study is computed: `make study`")
    return found


def _known(cell: Cell, row_ids: list[str]) -> Known:
    found = cell_files.read(cell.name)
    if found is None:
        return Known(cell, None, None, cell_files.read_failure(cell.name))
    table, computed = found
    return Known(cell, cell_files.probabilities(table, row_ids, cell.name), computed, None)

"""What a study is measured from: predictions of every draw, and the labels and clusters of the rows they are for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.scores.statistics import Groups

Counts = NDArray[np.int64]
Draws = Mapping[int, Table]  # a repetition's number -> probabilities of the scored rows


@dataclass(frozen=True)
class Curves:
    """What each technique predicts for the scored rows after each draw.

    A repetition has the same rows for all techniques, and its smaller draws are parts of the larger ones.
    """

    split: str  # what is scored
    labels: Labels  # of the scored rows
    groups: Groups
    clusters: Groups | None  # what they share besides
    decision: Decision
    names: Sequence[str]  # of the classes, in the order of their ids
    tables: Mapping[str, Mapping[str, Draws]]  # technique -> size; without the cells that failed
    drawn: Mapping[str, Counts]  # size -> rows of each class in a draw
    pool: Counts  # rows of each class that draws are made from

    @property
    def sizes(self) -> list[str]:
        """Return the sizes from the smallest."""
        return sorted(self.drawn, key=self.cost)

    def cost(self, size: str) -> int:
        """Return how many labels a draw of the size has cost."""
        return int(self.drawn[size].sum())

    def takes_all(self, size: str) -> bool:
        """Return whether each draw of the size is all rows, so that only the seed tells two models apart."""
        return bool((self.drawn[size] == self.pool).all())

    def overlap(self, size: str) -> float:
        """Return the share of a draw's rows that another draw has too, on average."""
        drawn, pool = self.drawn[size].astype(np.float64), np.maximum(self.pool, 1)
        return float((drawn**2 / pool).sum() / drawn.sum())

    def draws(self, technique: str, size: str) -> Draws:
        """Return a technique's draws of a size: one where all rows are drawn and no seed changes what is learnt."""
        draws = dict(sorted(self.tables[technique].get(size, {}).items()))
        first = next(iter(draws.values()), None)
        if self.takes_all(size) and all(np.array_equal(first, table) for table in draws.values()):  # type: ignore[arg-type]
            return dict(list(draws.items())[:1])
        return draws

    def shared(self, first: str, second: str, size: str) -> list[tuple[Table, Table]]:
        """Return what two techniques predict after the same draws; one pair where no draw changes either."""
        sides = [self.tables[technique].get(size, {}) for technique in (first, second)]
        if all(len(self.draws(technique, size)) < 2 for technique in (first, second)):
            sides = [self.draws(technique, size) for technique in (first, second)]
        return [(sides[0][number], sides[1][number]) for number in sorted(set(sides[0]) & set(sides[1]))]

"""Draws of training rows: stratified, nested, and the same for all techniques."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from study.params import FEW, Study

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Size:
    """How large a draw is: so many rows of each class, or a share of each class's rows."""

    name: str  # "8 a class", "25%"
    per_class: int | None = None
    share: float | None = None

    def rows(self, of_class: int) -> int:
        """Return how many of a class's rows are drawn: at least one, at most all."""
        asked = self.per_class if self.share is None else round(self.share * of_class)
        assert asked is not None
        return min(max(asked, 1), of_class)


def sizes(section: Study) -> list[Size]:
    """Return the sizes that params.yaml asks for, those by class first."""
    return [
        *(Size(f"{rows} a class", per_class=rows) for rows in sorted(section.sizes.per_class)),
        *(Size(f"{100 * share:g}%", share=share) for share in sorted(section.sizes.shares)),
    ]


def repetitions(size: Size, section: Study) -> int:
    """Return how many draws there are of a size."""
    if size.share == 1:
        return section.repetitions.all
    few = size.per_class is not None and size.per_class < FEW
    return section.repetitions.few if few else section.repetitions.many


def nested(labels: Sequence[int], asked: Sequence[Size], seed: int, repetition: int) -> dict[str, Positions]:
    """Return by the size's name the positions of the rows of one repetition's draws, each in ascending order.

    Every class's rows stand in an order by chance, and a draw takes the first ones. So a draw by class is a part of
    each larger one by class, and one by share of each larger one by share; of the others where classes are as frequent.
    """
    known = np.asarray(labels)
    generator = np.random.default_rng([seed, repetition])
    orders = [generator.permutation(np.flatnonzero(known == label)) for label in range(known.max() + 1)]
    return {size.name: np.sort(np.concatenate([order[: size.rows(len(order))] for order in orders])) for size in asked}

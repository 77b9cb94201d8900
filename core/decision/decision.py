"""What a team decides by: the metric that counts, the class that must not be missed, what mistakes cost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Decision:
    """What params.yaml says about the decision, in class ids."""

    primary: str  # the metric that chooses and that carries the verdict: a name of METRICS
    classes: int
    positive: int | None = None  # the class that must not be missed
    costs: NDArray[np.float64] | None = None  # of a mistake: rows are labels, columns predicted classes
    ordinal: bool = False  # whether the classes stand in an order
    margin: float = 0.0  # the smallest gain worth having, in the unit of the primary metric
    non_inferiority: float = 0.0  # the largest loss that still counts as no worse, in the same unit
    confidence: float = 0.95

    @property
    def target(self) -> int:
        """Return the positive class: the last one where none is named."""
        return self.classes - 1 if self.positive is None else self.positive

    @property
    def ranked(self) -> list[int]:
        """Return the classes whose ranking counts, each against the rest: of two the positive one, else all."""
        return [self.target] if self.classes == 2 else list(range(self.classes))

"""What is measured beside the verdict."""

from collections.abc import Sequence
from typing import NamedTuple


class Asked(NamedTuple):
    """What params.yaml asks for, by its keys in `evaluation`."""

    specificity: float | None
    prevalences: Sequence[float]
    thresholds: Sequence[float]
    target_error: float
    seed: int

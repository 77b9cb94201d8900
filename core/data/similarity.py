"""By what two rows are near twins, and the similarities at which such rows are counted: the same in every run."""

from typing import Literal

Measure = Literal["jaccard", "cosine"]
THRESHOLDS: dict[Measure, tuple[float, ...]] = {"jaccard": (0.7, 0.8, 0.9), "cosine": (0.95, 0.98, 0.99)}

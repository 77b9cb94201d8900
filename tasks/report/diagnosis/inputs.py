"""What earlier stages found, as the rules of the diagnosis read it, and what a rule answers."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from core.data.epochs import Epoch
from core.data.tokenization_counts import TokenizationCounts
from core.data.validation_counts import ValidationCounts
from core.scores.metrics import Metrics
from tasks.finetuning.params import Finetuning
from tasks.report.diagnosis.label_noise import Doubted


@dataclass(frozen=True)
class Finding:
    """A fault that the numbers support: sentences with those numbers, and what to change."""

    evidence: str
    change: str


@dataclass(frozen=True)
class Facts:
    """The reports of the earlier stages, and the validation rows whose label the models doubt."""

    metrics: Metrics
    validation: ValidationCounts
    tokenization: TokenizationCounts
    epochs: dict[str, list[Epoch]]  # by seed
    doubted: Doubted
    finetuning: Finetuning

    @property
    def training_rows(self) -> dict[str, int]:
        """Return the original training rows of each class."""
        return dict(self.validation.rows["train"].classes)

    @property
    def guessing(self) -> float:
        """Return the mean log loss (nats) of answering every training row with the classes' shares: their entropy."""
        counts = self.training_rows.values()
        return -sum(rows / sum(counts) * math.log(rows / sum(counts)) for rows in counts if rows)

    def most_seeds(self, holds: Callable[[list[Epoch]], bool]) -> bool:
        """Return whether something holds of the curves of more than half of the seeds."""
        return 2 * sum(holds(epochs) for epochs in self.epochs.values()) > len(self.epochs)

    def mean(self, value: Callable[[list[Epoch]], float]) -> float:
        """Return a number of each seed's curve, averaged over the seeds."""
        return sum(value(epochs) for epochs in self.epochs.values()) / len(self.epochs)

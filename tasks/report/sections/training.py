"""What the report shows of training: the epoch that each seed kept."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.data.epochs import Epoch, best


class Kept(NamedTuple):
    """The epoch that a seed kept: a row of templates/sections/training.md.j2."""

    seed: str
    kept: int
    epochs: int
    validation: float


def training(epochs_by_seed: Mapping[str, Sequence[Epoch]]) -> list[Kept]:
    """Return the epoch that each seed kept."""
    kept = {seed: best(epochs) for seed, epochs in epochs_by_seed.items()}
    return [
        Kept(seed, epoch.epoch, len(epochs_by_seed[seed]), epoch.validation_primary) for seed, epoch in kept.items()
    ]

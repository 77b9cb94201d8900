"""reports/training/<seed>.json: what each epoch of fine-tuning with one seed scored."""

from collections.abc import Iterable

from core.base import paths, results
from core.base.files import write_json
from core.base.results import Result


class Epoch(Result):
    """One epoch's end. Where epochs are averaged, validation scores are those of the average, before interpolation."""

    epoch: int
    """Its number, from 1."""
    training_loss: float
    """Mean cross-entropy of the epoch's training rows in nats, weighted by class where params.yaml says so."""
    validation_loss: float
    """Mean cross-entropy of the validation rows in nats, at the epoch's end."""
    validation_primary: float
    """The primary metric, `evaluation.primary`, of the validation rows at the epoch's end, in the metric's unit."""
    kept: bool
    """Whether it is the seed's model: the epoch of the best `validation_primary`, the first of equals."""


def read(seed: int | str) -> list[Epoch]:
    """Return the epochs of one seed, in their order. Raises UserError where they are missing, damaged or outdated."""
    return results.read(paths.epochs(seed), list[Epoch])


def write(seed: int | str, epochs: Iterable[Epoch]) -> None:
    """Write the epochs of one seed."""
    write_json(paths.epochs(seed), [epoch.model_dump() for epoch in epochs])


def best(epochs: Iterable[Epoch]) -> Epoch:
    """Return the epoch that is kept."""
    return next(epoch for epoch in epochs if epoch.kept)

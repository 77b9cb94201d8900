"""What the section `augmentation` of params.yaml may say: a seed, and the chance of each operator under its name."""

from importlib import import_module
from typing import TYPE_CHECKING

from pydantic import create_model

from core.base.params import Probability, Section, Seed


class Augmentation(Section):
    seed: Seed

    @property
    def chances(self) -> dict[str, float]:
        """Return the chance of each operator, in [0, 1], by its name."""
        return self.model_dump(exclude={"seed"})


if not TYPE_CHECKING:
    # Operators are not imported above: how they work is no reason to write the report again, which prints params.yaml.
    _operators = import_module("tasks.augmentation.operators").OPERATORS
    Augmentation = create_model(
        "Augmentation", __base__=Augmentation, __module__=__name__, **dict.fromkeys(_operators, (Probability, ...))
    )

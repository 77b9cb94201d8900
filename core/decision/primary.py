"""The keys of the section `evaluation` by which every stage chooses, apart from what only `evaluation` reads."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from core.base import paths
from core.base.errors import UserError
from core.base.params import Name, Section
from core.decision.decision import Decision

Cost = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Primary(Section):
    """The metric that chooses epoch, regularization, rung and seed and carries the verdict, and what it needs."""

    section: ClassVar[str] = "evaluation"

    primary: Literal[
        "balanced_accuracy", "accuracy", "macro_f1", "roc_auc", "average_precision", "weighted_kappa", "cost"
    ]
    positive: Name | None
    cost: dict[Name, dict[Name, Cost]] | None  # label -> predicted class -> what it costs; what is not named costs 0

    @model_validator(mode="after")
    def _costs_are_there(self) -> Self:
        if self.primary == "cost" and self.cost is None:
            raise ValueError(
                "primary is 'cost', and cost is null: write what each label costs by predicted class, "
                "{urgent: {routine: 10}, routine: {urgent: 1}}"
            )
        return self

    @property
    def named_classes(self) -> list[str]:
        """Return the classes that these keys name."""
        costs = self.cost or {}
        named = [*([self.positive] if self.positive else []), *costs, *(name for row in costs.values() for name in row)]
        return list(dict.fromkeys(named))

    def decision(self, names: Sequence[str]) -> Decision:
        """Return what is chosen by, of classes in the order of their ids. Raises UserError where one is unknown."""
        if unknown := [name for name in self.named_classes if name not in names]:
            raise UserError(
                f"{paths.PARAMS}: evaluation.positive or evaluation.cost names {', '.join(map(repr, unknown))}, and "
                f"the labels are {', '.join(map(repr, names))}: name one of these"
            )
        return Decision(
            primary=self.primary,
            classes=len(names),
            positive=names.index(self.positive) if self.positive else None,
            costs=_matrix(self.cost, names) if self.cost else None,
            ordinal=self.primary == "weighted_kappa",
        )


def _matrix(costs: dict[str, dict[str, float]], names: Sequence[str]) -> np.ndarray:
    return np.array([[costs.get(label, {}).get(predicted, 0.0) for predicted in names] for label in names])

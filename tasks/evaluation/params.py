"""What the section `evaluation` of params.yaml may say."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from core.base.params import Seed, Share
from core.decision.asked import Asked
from core.decision.decision import Decision
from core.decision.gates import Gate
from core.decision.primary import Primary

NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Evaluation(Primary):
    margin: NotNegative
    non_inferiority: NotNegative
    confidence: Share
    test: Literal["sealed", "open"]
    specificity: Share | None
    prevalences: list[Share]
    thresholds: list[Share]
    target_error: Share
    seed: Seed
    gates: list[Gate]

    def decision(self, names: Sequence[str]) -> Decision:
        """Return what is chosen and decided by, of classes in the order of their ids."""
        return replace(
            super().decision(names),
            margin=self.margin,
            non_inferiority=self.non_inferiority,
            confidence=self.confidence,
        )

    @property
    def asked(self) -> Asked:
        """Return what is measured beside the verdict."""
        return Asked(self.specificity, self.prevalences, self.thresholds, self.target_error, self.seed)

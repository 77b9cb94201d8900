"""What the section `baseline` of params.yaml may say."""

from typing import Annotated

from pydantic import Field

from core.base.params import Positive, Section, Seed


class Baseline(Section):
    seed: Seed
    regularization: Annotated[list[Positive], Field(min_length=1)]

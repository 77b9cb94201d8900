"""What the section `forgetting` of params.yaml may say."""

from typing import Annotated

from pydantic import Field

from core.base.params import Count, Positive, Section, Seed, Share


class Forgetting(Section):
    seed: Seed
    folds: Annotated[int, Field(ge=2)]
    repeats: Count
    regularization: Positive
    margin: Share
    masked: Share

"""What the section `leakage` of params.yaml may say."""

from typing import Annotated

from pydantic import Field

from core.base.params import Section, Seed
from core.data.similarity import THRESHOLDS, Measure


class Leakage(Section):
    seed: Annotated[Seed, Field(description="of MinHash, which finds the texts to compare")]
    jaccard: Annotated[
        float,
        Field(ge=THRESHOLDS["jaccard"][0], le=1, description="of two texts' 5-grams of characters: suspect from here"),
    ]
    cosine: Annotated[
        float,
        Field(ge=THRESHOLDS["cosine"][0], le=1, description="of two rows' frozen states: suspect from here"),
    ]

    @property
    def suspect_from(self) -> dict[Measure, float]:
        """Return by measure the similarity from which a row is suspect."""
        return {"jaccard": self.jaccard, "cosine": self.cosine}

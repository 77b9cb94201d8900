"""What the section `evaluation` of params.yaml may say."""

from typing import Annotated

from pydantic import Field

from core.base.params import Positive, Probability, Section, Seed, Share
from core.decision.primary import Primary


class Gates(Section):
    accuracy: Probability
    loss: Positive


class Evaluation(Primary):
    seed: Seed
    resamples: Annotated[int, Field(ge=100)]
    confidence: Share
    gates: Gates
    target_error: Share

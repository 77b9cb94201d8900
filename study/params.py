"""What the section `study` of params.yaml may say."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from core.base.params import Count, Section, Seed, distinct

FEW = 64  # rows a class below which draws differ much, so that more are drawn
TECHNIQUES = Path(__file__).parent / "techniques"


def known_techniques() -> list[str]:
    """Return the names of the files in study/techniques that define a technique."""
    return sorted(path.stem for path in TECHNIQUES.glob("*.py") if "TECHNIQUE = " in path.read_text(encoding="utf-8"))


def is_technique(name: str) -> str:
    """Return the name. Raises ValueError where study/techniques has no technique of it."""
    if name not in known_techniques():
        raise ValueError(f"no technique of study/techniques: name one of {', '.join(known_techniques())}")
    return name


TechniqueName = Annotated[str, AfterValidator(is_technique)]


class Sizes(Section):
    """How large draws of the training rows are."""

    per_class: Annotated[list[Count], AfterValidator(distinct)]
    shares: Annotated[list[Annotated[float, Field(gt=0, le=1)]], AfterValidator(distinct)]


class Repetitions(Section):
    """How many draws there are of a size."""

    few: Annotated[Count, Field(description=f"Of sizes under {FEW} rows a class.")]
    many: Annotated[Count, Field(description="Of all others.")]
    all: Annotated[Count, Field(description="Of all rows, which are no draw: seeds, of techniques that have any.")]


class Contrastive(Section):
    """The contrastive few-shot technique (SetFit)."""

    pairs: Annotated[Count, Field(description="Pairs of texts for each row, half of them of one class.")]
    epochs: Count


class Study(Section):
    seed: Seed
    sizes: Sizes
    repetitions: Repetitions
    techniques: Annotated[list[TechniqueName], Field(min_length=1), AfterValidator(distinct)]
    largest: Annotated[
        dict[TechniqueName, Count],
        Field(description="Rows a class of the largest size that a technique is tried on; unnamed: on all sizes."),
    ]
    contrastive: Contrastive

    @model_validator(mode="after")
    def _has_sizes(self) -> Self:
        if not self.sizes.per_class and not self.sizes.shares:
            raise ValueError("sizes names no size: put rows a class into per_class, or shares such as 0.5 into shares")
        return self

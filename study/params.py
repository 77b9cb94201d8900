"""What the section `study` of params.yaml may say."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from core.base.params import Count, Section, Seed, distinct

FEW = 64  # rows a class below which draws differ much, so that more are drawn


class Sizes(Section):
    """How large draws of the training rows are."""

    per_class: Annotated[list[Count], AfterValidator(distinct)]
    shares: Annotated[list[Annotated[float, Field(gt=0, le=1)]], AfterValidator(distinct)]


class Repetitions(Section):
    """How many draws there are of a size."""

    few: Annotated[Count, Field(description=f"Of sizes under {FEW} rows a class.")]
    many: Annotated[Count, Field(description="Of all others.")]


class Contrastive(Section):
    """The contrastive few-shot technique (SetFit)."""

    pairs: Annotated[Count, Field(description="Pairs of texts for each row: as many alike as unlike.")]
    epochs: Count
    largest: Annotated[Count, Field(description="Rows a class of the largest size: beyond, it takes long for nothing.")]


class Study(Section):
    seed: Seed
    sizes: Sizes
    repetitions: Repetitions
    techniques: Annotated[
        list[Literal["tf_idf", "frozen_encoder", "finetuning", "finetuning_augmented", "contrastive"]],
        Field(min_length=1),
        AfterValidator(distinct),
    ]
    contrastive: Contrastive

"""What the section `finetuning` of params.yaml may say."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from core.base.params import Count, Section, Seed, distinct

USUAL = (1e-5, 1e-4)  # Devlin et al., BERT (2019), A.3: 2e-5 to 5e-5; small encoders take more
FEW = 10  # times that where the encoder itself is frozen: Schulman, LoRA Without Regret (2025)


class Lora(Section):
    rank: Count
    alpha: Count


class Finetuning(Section):
    seeds: Annotated[list[Seed], Field(min_length=1), AfterValidator(distinct)]
    method: Literal["full", "lora", "head"]
    head: Literal["probed", "random"]
    class_weights: Literal["none", "balanced"]
    lora: Lora
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    epochs: Annotated[int, Field(ge=1, lt=10, description="Fewer than 10: adaptation, not training from scratch.")]
    batch_size: Count
    processes: Count
    weight_decay: Annotated[float, Field(ge=0, lt=1)]
    warmup: Annotated[float, Field(ge=0, lt=1)]
    attention_dropout: Annotated[float, Field(ge=0, lt=1)] | None
    freeze_embeddings: bool
    average_from: Count | None
    interpolation: Annotated[float, Field(gt=0, le=1)]
    deterministic: bool

    @model_validator(mode="after")
    def _in_equal_shares(self) -> Self:
        if self.batch_size % self.processes:
            raise ValueError(
                f"batch_size {self.batch_size} cannot be shared equally by {self.processes} processes: "
                f"set it to {self.batch_size - self.batch_size % self.processes + self.processes}, or change processes"
            )
        return self

    @property
    def usual_learning_rates(self) -> tuple[float, float]:
        """Return the lowest and the highest usual learning rate of the method."""
        times = 1 if self.method == "full" else FEW
        return USUAL[0] * times, USUAL[1] * times

    @property
    def lower_learning_rate(self) -> float:
        """Return a tenth of a learning rate that is too high, as far as that is usual, and half of it at most."""
        lowest, highest = self.usual_learning_rates
        return min(self.learning_rate / 2, max(self.learning_rate / 10, lowest), highest / 2)

"""The kinds of values that sections of params.yaml hold."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(min_length=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Count = Annotated[int, Field(ge=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def distinct(values: list[Any]) -> list[Any]:
    """Return the values. Raises ValueError where one stands twice."""
    twice = {str(value) for value in values if values.count(value) > 1}
    if twice:
        raise ValueError(f"{', '.join(sorted(twice))} stands twice")
    return values


def one_or_two(columns: Any) -> Any:
    """Return the name of a column, or two names in a list. Raises ValueError where it is neither."""
    named = columns if isinstance(columns, list) and len(columns) == 2 else [columns]
    if not all(isinstance(each, str) and each for each in named):
        raise ValueError("name the column of the texts, or for sentence pairs two: [premise, hypothesis]")
    return columns


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bounds(Section):
    minimum: Count
    maximum: Count

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        return self

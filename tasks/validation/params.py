"""What the section `validation` of params.yaml may say."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from core.base.params import Count, Name, Section, Seed, Share, distinct


def one_or_two(columns: Any) -> Any:
    """Return the name of a column, or two names in a list. Raises ValueError where it is neither."""
    names = columns if isinstance(columns, list) and len(columns) == 2 else [columns]
    if not all(isinstance(name, str) and name for name in names):
        raise ValueError("name the column of the texts, or for sentence pairs two: [premise, hypothesis]")
    return columns


def known_encoding(name: str) -> str:
    """Return the name of an encoding. Raises ValueError where Python knows none by it."""
    try:
        "".encode(name)
    except (LookupError, UnicodeError):
        raise ValueError("no encoding of this name; such as utf-8, windows-1252, gb18030, shift_jis") from None
    return name


class Reading(Section):
    """How the files of texts are written; null is found out."""

    encoding: Annotated[Name, AfterValidator(known_encoding)] | None = Field(description="such as windows-1252")
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(description="between cells")
    quoting: Literal["doubled", "backslash", "single", "none"] | None = Field(
        description='a quotation mark within a quoted cell is "" (doubled) or \\" (backslash); cells stand in '
        "single quotes; or are not quoted"
    )


FOUND_OUT = Reading(encoding=None, separator=None, quoting=None)


class Bounds(Section):
    minimum: Count
    maximum: Count

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        return self


class RowsPerClass(Section):
    train: Count
    validation: Count
    test: Count


class Split(Section):
    validation: Share
    test: Share
    seed: Seed

    @model_validator(mode="after")
    def _leaves_training_rows(self) -> Self:
        if self.validation + self.test > 0.9:
            raise ValueError("validation and test together take more than 0.9 of the rows")
        return self


class Validation(Section):
    text: Annotated[Name | Annotated[list[Name], Field(min_length=2, max_length=2)], BeforeValidator(one_or_two)]
    label: Name
    group: Name | None
    cluster: Name | None
    slices: Annotated[list[Name], AfterValidator(distinct)]
    labels: Annotated[list[Name], Field(min_length=2), AfterValidator(distinct)] | None
    read: Reading
    characters: Bounds
    minimum_rows: RowsPerClass
    rare: Literal["stop", "leave_out", "merge"]
    merged: Name
    split: Split

    @model_validator(mode="after")
    def _each_column_once(self) -> Self:
        distinct([*self.texts, self.label, *filter(None, (self.group, self.cluster))])
        distinct([*self.texts, self.label, *self.slices])
        return self

    @property
    def texts(self) -> list[str]:
        """Return the column of the texts, or the two columns of sentence pairs."""
        return [self.text] if isinstance(self.text, str) else self.text

"""What params.yaml may say: one section per stage, all of it checked by each stage before it does anything.

`python -m core.params` checks params.yaml; `python -m core.params schema` writes params.schema.json for editors.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from core.errors import UserError, run
from core.fields import Bounds, Count, Name, Positive, Probability, Section, Seed, Share, distinct, one_or_two
from core.paramfaults import told

PATH = Path("params.yaml")
SCHEMA = Path("params.schema.json")
SLICE = "slice "  # opens the names of columns that validation.slices keeps, so that they are like no other

Known = TypeVar("Known", bound=BaseModel)


class Model(Section):
    name: Name
    revision: str | None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None
    package: Name | None
    pretrained_only: bool


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
    slices: Annotated[list[Name], AfterValidator(distinct)]
    labels: Annotated[list[Name], Field(min_length=2), AfterValidator(distinct)] | None
    characters: Bounds
    minimum_rows: RowsPerClass
    split: Split

    @model_validator(mode="after")
    def _each_column_once(self) -> Self:
        distinct([*self.texts, self.label, *([self.group] if self.group else [])])
        distinct([*self.texts, self.label, *self.slices])
        return self

    @property
    def texts(self) -> list[str]:
        """Return the column of the texts, or the two columns of sentence pairs."""
        return [self.text] if isinstance(self.text, str) else self.text


class Augmentation(Section):
    seed: Seed
    abbreviation: Probability
    dropout: Probability
    swap: Probability
    typo: Probability


class Tokenization(Section):
    max_length: Annotated[int, Field(ge=8)]
    long: Literal["truncate", "head_tail", "chunks"]


class Baseline(Section):
    seed: Seed
    regularization: Annotated[list[Positive], Field(min_length=1)]


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


class Gates(Section):
    accuracy: Probability
    loss: Positive


class Evaluation(Section):
    seed: Seed
    resamples: Annotated[int, Field(ge=100)]
    confidence: Share
    gates: Gates
    target_error: Share


class Forgetting(Section):
    seed: Seed
    folds: Annotated[int, Field(ge=2)]
    repeats: Count
    regularization: Positive
    margin: Share
    masked: Share


class Report(Section):
    show_texts: bool


class Params(Section):
    """All of params.yaml."""

    model: Model
    validation: Validation
    augmentation: Augmentation
    tokenization: Tokenization
    baseline: Baseline
    finetuning: Finetuning
    evaluation: Evaluation
    forgetting: Forgetting
    report: Report

    @model_validator(mode="after")
    def _pairs_are_truncated(self) -> Self:
        if len(self.validation.texts) == 2 and self.tokenization.long != "truncate":
            raise ValueError(
                f"tokenization.long is {self.tokenization.long!r}, which reads one text a row, and validation.text "
                "names two columns: set it to truncate, which cuts the longer one first"
            )
        return self


def load(path: Path = PATH) -> Params:
    """Return the checked parameters. Raises UserError with every problem of the file at once."""
    return read(path, Params)


def read(path: Path, known: type[Known]) -> Known:
    """Return the checked sections of a file. Raises UserError with every problem of it at once."""
    try:
        values = YAML(typ="safe").load(path.read_text(encoding="utf-8"))  # as DVC reads it: 1e-5 is a number
        return known.model_validate(values)
    except (FileNotFoundError, IsADirectoryError):
        raise UserError(f"{path} is missing: run this from the project's folder, or `git checkout {path}`") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UserError(f"{path}{where} is not valid YAML: {error.problem or error.context}") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise UserError(*(told(path, found, known) for found in error.errors())) from None


def schema() -> str:
    """Return the JSON Schema of params.yaml as the text of params.schema.json."""
    return json.dumps(Params.model_json_schema(), indent=2) + "\n"


def main(*words: str) -> None:
    what = " ".join(words) or "check"
    if what == "schema":
        SCHEMA.write_text(schema(), encoding="utf-8")
    elif what == "check":
        load()
        print(f"{PATH} is valid")
    else:
        raise UserError(f"{what} is no command: `python -m core.params` checks {PATH}, `... schema` writes {SCHEMA}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

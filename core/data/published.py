"""How the published model was evaluated: models/finetuned/evaluated.json, by which it reads new texts the same way."""

from pathlib import Path
from typing import Literal

from core.base import paths, results
from core.base.results import Result


class Published(Result):
    """What decides, beside the weights, how the published model answers."""

    seed: int
    """The seed that it was fine-tuned with."""
    scored: str
    """What identifies the rows that it was scored on: the first 12 digits of the SHA-256 of their row_ids, tokens and
    labels."""
    texts: list[str]
    """The column of the texts, or the two columns of sentence pairs: `validation.text` of params.yaml."""
    max_length: int
    """Tokens that it reads at once: `tokenization.max_length`."""
    long: Literal["truncate", "head_tail", "chunks"]
    """What becomes of longer texts: `tokenization.long`."""
    temperature: float
    """What logits are divided by for confidences that are right as often as they say; fitted on validation."""
    threshold: float | None
    """The lowest confidence at which an answer is left to the model; null where nothing can be left to it."""
    refused: str | None
    """Why nothing can be left to it; null where there is a threshold."""
    target_error: float
    """The share of the answers left to it that may be wrong: `evaluation.target_error`."""


def write(folder: Path, published: Published) -> None:
    """Write it into the folder of the published model."""
    results.write(folder / paths.EVALUATED.name, published)


def read() -> Published:
    """Return what the published model's file holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.EVALUATED, Published)

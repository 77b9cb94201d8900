"""What the learning-curve study says to the report of the experiment: reports/study/answer.json, which git keeps.

The study is apart from the stages of dvc.yaml. What it says counts for the training rows that it was made on alone.
"""

from pathlib import Path
from typing import Literal

from datasets import Dataset

from core.base import results
from core.base.results import Result
from core.scores import readings
from core.scores.intervals import Interval
from core.scores.readings import Identity, Reading

FOLDER = Path("reports/study")
ANSWER = FOLDER / "answer.json"
READINGS = FOLDER / "readings.jsonl"


class Answer(Result):
    """What more labelled training rows would bring."""

    training: Identity
    """The original training rows that the study was made on."""
    split: Literal["test", "validation"]
    """The split that was scored."""
    primary: str
    """The metric of the gain."""
    confidence: float
    """That of its interval."""
    technique: str
    """The technique of the best score at the largest size, as reports call it."""
    labels: int
    """How many labels that size has cost."""
    more: int | None
    """How many more labelled rows are asked about; null where nothing is predicted."""
    gain: Interval | None
    """What they are predicted to bring, in the metric's unit: above 0 is better; null where nothing is predicted."""
    flat: bool
    """Whether the curve does not rise: more rows of this kind are not seen to bring anything."""
    unpredicted: str | None
    """Why nothing is predicted; null where something is."""
    sentence: str
    """All this in a sentence or two, as markdown."""


def training_rows(train: Dataset) -> Identity:
    """Return what identifies the original training rows among tokenized ones, with or without augmented copies."""
    original = train.select([place for place, parent in enumerate(train["parent"]) if parent is None])
    return readings.test_set(original["row_id"], original["input_ids"], original["labels"])


def read() -> Answer | None:
    """Return what the study says; None where none was made. Raises UserError where the file is damaged."""
    return results.read(ANSWER, Answer) if ANSWER.is_file() else None


def readings_of(test: Identity) -> list[Reading]:
    """Return the study's readings of a test set."""
    return [each for each in readings.read(READINGS) if each.test == test]

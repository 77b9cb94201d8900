"""What a technique is given, and what it says of itself. A technique is a module with a TECHNIQUE."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import pandas as pd
from datasets import Dataset

from core.base.params import Section
from core.decision.decision import Decision
from core.decision.scoring import Table


@dataclass(frozen=True)
class Material:
    """What a technique may learn from, and the rows that it predicts. Nothing else chooses anything.

    All labels that it uses are among those of `rows`: what would be chosen on validation rows is chosen by
    cross-validation of these, or not at all. So the size of a draw is the number of labels that its score has cost.
    """

    rows: Dataset  # the draw, tokenized: original training rows
    texts: pd.DataFrame  # the same rows, validated
    copies: Dataset  # the augmented copies of these rows, tokenized; maybe none
    scored: Dataset  # the rows to predict, tokenized, without labels: those of validation and test
    scored_texts: pd.DataFrame
    pool: Dataset  # all original training rows, of which the draw is a part: for techniques that say so alone
    start: Dataset  # the smallest draw of the same repetition, of which it is a part too: as the pool
    decision: Decision
    seed: int  # the repetition's own


@dataclass(frozen=True)
class Technique:
    """A way from labelled rows to predictions."""

    title: str  # as reports say it
    description: str  # a line of the report
    parameters: Callable[[], tuple[Section, ...]]  # all that it reads of params.yaml
    predict: Callable[[Material], Table]  # probabilities of the scored rows: float64, shape (rows, classes)
    seeded: bool = False  # whether two seeds give two models
    augmented: bool = False  # whether it reads the copies
    reads_pool: bool = False  # whether it reads the pool
    gpu: bool = True  # whether it computes on a card where there is one


def technique(name: str) -> Technique:
    """Return the technique that the module of this name defines."""
    found: Technique = import_module(f"study.techniques.{name}").TECHNIQUE
    return found

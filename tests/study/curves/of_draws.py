"""Curves of techniques that are right as often as their skill says, for tests."""

from collections.abc import Mapping

import numpy as np

from core.decision.decision import Decision
from study.curves.evidence import Curves

SIZES = {"8 a class": 8, "16 a class": 16, "50%": 50, "100%": 100}  # rows of each of two classes
POOL = 100


def curves(
    skills: Mapping[str, Mapping[str, float]],
    rows: int = 400,
    draws: int = 5,
    scatter: float = 0.0,
    seed: int = 0,
    primary: str = "accuracy",
) -> Curves:
    """Return curves of techniques that are right by chance: `skills` by technique and size; draws scatter around it.

    A technique at the size of all rows has one draw, the same for each seed.
    """
    generator = np.random.default_rng(seed)
    labels = np.arange(rows) % 2
    ease = generator.random(rows)  # a row that is hard for one draw is hard for another
    tables = {
        technique: {
            size: {number: table(labels, ease < skill + scatter * generator.normal()) for number in range(1, draws + 1)}
            for size, skill in by_size.items()
        }
        for technique, by_size in skills.items()
    }
    sizes = SIZES
    return Curves(
        split="test",
        labels=labels,
        groups=np.array([str(row) for row in range(rows)]),
        clusters=None,
        decision=Decision(primary, classes=2, positive=1),
        names=["routine", "urgent"],
        tables=tables,
        drawn={size: np.array([count, count]) for size, count in sizes.items()},
        pool=np.array([POOL, POOL]),
    )


def table(labels: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return probabilities of two classes: 0.9 for the label where it is right."""
    of_second = np.where(right == (labels == 1), 0.9, 0.1)
    return np.column_stack([1 - of_second, of_second])

"""What the report shows of the ledger: every reading of the test labels."""

from collections.abc import Sequence
from typing import NamedTuple

from core.reporting.markdown import code, score
from core.scores.readings import Reading

SHOWN = 20  # readings, the last ones


class Row(NamedTuple):
    """A reading: a row of templates/sections/readings.md.j2."""

    reading: int
    verdict: str
    score: str
    models: str
    parameters: str
    test: str


def ledger(readings: Sequence[Reading]) -> list[Row]:
    """Return the last readings, each with what it scored and what it read."""
    return [
        Row(
            each.reading,
            each.verdict,
            f"{score(each.scores[each.published])} ({each.primary.replace('_', ' ')})",
            code(each.models),
            code(each.parameters),
            code(each.test.labels) + (f", {each.changed}" if each.changed else ""),
        )
        for each in readings[-SHOWN:]
    ]

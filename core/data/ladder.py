"""reports/ladder.json: what each rung of the ladder is. The rungs themselves are in tasks/baseline/rungs.py."""

from core.base import paths, results
from core.base.results import Result

RUNG_NAMES = MAJORITY, TF_IDF, UNTRAINED_HEAD, FROZEN_ENCODER = "majority", "tf-idf", "untrained head", "frozen encoder"


class RungDescription(Result):
    """One baseline, a rung of the ladder."""

    name: str
    """Its name in the predictions, in metrics.json and in the report."""
    description: str
    """What it is, in a line of the report."""


class Ladder(Result):
    """The baselines, from the simplest upwards."""

    rungs: list[RungDescription]
    """What each of them is."""


def read() -> Ladder:
    """Return what reports/ladder.json holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.LADDER, Ladder)

"""What the report shows of a model's probabilities: whether they can be trusted, and what can be left to the model."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

from core.reporting.markdown import code, interval, percent, points
from core.scores.calibration import Calibration
from core.scores.metrics import Metrics, OfEachSide
from core.scores.prediction_sets import PredictionSets
from core.scores.selective_prediction import Selection
from tasks.report.sections.ladder import named

T = TypeVar("T")
SHOWN = 20  # classes


def by_model(metrics: Metrics, sides: OfEachSide[T]) -> Iterator[tuple[str, T]]:
    """Yield what the report calls each side of the comparison, and the side's value."""
    yield metrics.baseline, sides.baseline
    yield named(metrics.published_seed), sides.published


class Calibrated(NamedTuple):
    """A model and how far its probabilities can be trusted."""

    name: str
    of: Calibration
    too_extreme: list[str]  # classes of a slope below 1


def calibration(metrics: Metrics, names: Sequence[str]) -> list[Calibrated]:
    """Return how far the probabilities of baseline and published model can be trusted."""
    return [
        Calibrated(
            name,
            found,
            [code(names[each.label]) for each in found.raw.by_class if each.slope and each.slope.high < 1][:SHOWN],
        )
        for name, found in by_model(metrics, metrics.calibration)
    ]


class OfClass(NamedTuple):
    """The calibration of one class by one model: a row of templates/sections/calibration.md.j2."""

    label: str
    model: str
    rows: int
    in_the_large: str
    intercept: str
    slope: str


def calibration_by_class(metrics: Metrics, names: Sequence[str]) -> list[OfClass]:
    """Return the calibration of each class, of both models as they are, of the first classes where they are many."""
    return [
        OfClass(
            code(names[each.label]),
            model,
            each.rows,
            interval(each.in_the_large, points),
            interval(each.intercept, "{:+.2f}".format),
            interval(each.slope, "{:.2f}".format),
        )
        for model, found in by_model(metrics, metrics.calibration)
        for each in found.raw.by_class[:SHOWN]
    ]


class Left(NamedTuple):
    """What can be left to a model: templates/sections/selection.md.j2."""

    model: str
    rows: int  # validation rows that the threshold is from
    groups: int
    refused: str
    threshold: str = ""
    coverage: str = ""
    error: str = ""
    met: str = ""
    missed: str = ""


REFUSED = {
    "too few groups": "Of {groups} clusters set apart on validation about half would be left to it: it takes {needed}, "
    "none of them wrong, to show the target.",
    "too few positives": "Of the clusters set apart on validation {positives} have a row of the class that must not be "
    "missed: it takes {needed}, none of them missed, to show the target.",
    "none set apart": "Validation has too few clusters to set any apart that choose nothing: of such it takes "
    "{needed}, none of them wrong, to show the target.",
    "one class": "It gives all rows one class.",
    "too many errors": "Even of the more confident half of the rows, validation does not show the target.",
    "too many missed": "Even of the more confident half of the rows, it misses too many of that class.",
}


def selection(metrics: Metrics) -> list[Left]:
    """Return how many rows can be left to each model at the target error rate, and whether test bears it out."""
    return [_left(name, found, metrics.selection.target_error) for name, found in by_model(metrics, metrics.selection)]


def _left(name: str, found: Selection, target: float) -> Left:
    why = "none set apart" if found.refused and not found.threshold_groups else found.refused
    refused = (
        REFUSED[why].format(
            groups=found.threshold_groups, positives=found.threshold_positives, needed=found.groups_needed
        )
        if why
        else ""
    )
    left = Left(name, found.threshold_rows, found.threshold_groups, refused)
    if found.threshold is None:
        return left
    return left._replace(
        threshold=f"{found.threshold:.4f}",
        coverage=interval(found.coverage, percent),
        error=interval(found.error_rate, percent),
        met=_met(found, target),
        missed=interval(found.missed_rate, percent) if found.missed_rate else "",
    )


def _met(found: Selection, target: float) -> str:
    error = found.error_rate
    if error is None:
        return "no row is left to it"
    if error.low > target:
        return "**no**"
    return "yes" if error.high <= target else f"inconclusive (upper bound {percent(error.high)})"


class Coverage(NamedTuple):
    """How often the prediction sets hold a class: a row of templates/sections/prediction_sets.md.j2."""

    label: str
    rows: int
    coverage: str


def set_coverage(sets: PredictionSets | None, names: Sequence[str]) -> list[Coverage]:
    """Return how often the prediction sets hold each class."""
    found = sets.by_class[:SHOWN] if sets else []
    return [Coverage(code(names[each.label]), each.rows, interval(each.coverage, percent)) for each in found]

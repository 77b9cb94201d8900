"""What the report shows of a model's probabilities: whether they can be trusted, and what can be left to the model."""

from typing import NamedTuple

from core.reporting.markdown import interval, percent
from core.scores.calibration import Calibration
from core.scores.metrics import Metrics
from core.scores.selective_prediction import Selection


def named(metrics: Metrics, side: str) -> str:
    """Return what the report calls the baseline, or the fine-tuned model that is published."""
    return metrics.baseline.name if side == "baseline" else f"fine-tuned, seed {metrics.finetuned.published_seed}"


class Calibrated(NamedTuple):
    """A model and how far its probabilities can be trusted."""

    name: str
    of: Calibration


def calibration(metrics: Metrics) -> list[Calibrated]:
    """Return how far the probabilities of baseline and published model can be trusted."""
    sides = metrics.calibration
    return [
        Calibrated(named(metrics, "baseline"), sides.baseline),
        Calibrated(named(metrics, "finetuned"), sides.finetuned),
    ]


class Left(NamedTuple):
    """What can be left to a model: a row of templates/sections/selection.md.j2."""

    model: str
    threshold: str = "-"
    validation: str = "-"
    coverage: str = "-"
    error: str = "-"
    met: str = "not shown on validation for half of the rows"


def selection(metrics: Metrics) -> list[Left]:
    """Return how many rows can be left to each model at the target error rate, and whether test bears it out."""
    sides = metrics.selection
    return [
        _left(named(metrics, "baseline"), sides.baseline, sides.target_error),
        _left(named(metrics, "finetuned"), sides.finetuned, sides.target_error),
    ]


def _left(name: str, model: Selection, target: float) -> Left:
    if model.threshold is None or model.validation_coverage is None:
        return Left(name)
    asked, error = (f"{model.threshold:.4f}", percent(model.validation_coverage)), model.error_rate
    if error is None or model.coverage is None:
        return Left(name, *asked, "none", met="-")
    upper = f"inconclusive (upper bound {percent(error.high)})"
    met = "**no**" if error.low > target else "yes" if error.high <= target else upper
    return Left(name, *asked, interval(model.coverage, percent), interval(error, percent), met)

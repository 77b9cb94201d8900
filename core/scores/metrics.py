"""reports/metrics.json: how the published model compares with every baseline on the rows that are scored.

core/scores/measuring.py computes it from predictions and labels alone.
"""

from typing import Generic, Literal, Self, TypeVar

from pydantic import model_validator

from core.base import paths, results
from core.base.results import Result
from core.decision.scoring import ByMetric
from core.scores.calibration import Calibration
from core.scores.decision_curve import NetBenefit
from core.scores.intervals import Difference, Interval
from core.scores.leakage import Leakage
from core.scores.positive_class import ClassScores, PositiveClass
from core.scores.prediction_sets import PredictionSets
from core.scores.selective_prediction import Selection
from core.scores.slices import Slices
from core.scores.verdict import Against, Verdict

T = TypeVar("T")


class OfEachSide(Result, Generic[T]):
    """One value for the baseline of the best validation score, and one for the published model."""

    baseline: T
    """Of the baseline with the best validation score."""
    published: T
    """Of the published model."""


class Scored(Result):
    """The scores of one model."""

    scores: ByMetric[Interval | None]
    """Each metric on the scored rows, with the interval over new clusters; null where it does not apply."""
    validation: float
    """The primary metric on the validation rows that models are chosen by, in the metric's unit."""
    validation_loss: float
    """Mean log loss in nats on these rows, which decides between equal ones: 0 or more, lower is better."""

    def of(self, metric: str) -> Interval:
        """Return the score by a metric that applies. Raises ValueError where it does not."""
        score = self.scores.of(metric)
        if score is None:
            raise ValueError(f"{metric} does not apply")
        return score


class Rows(Result):
    """The rows that every score is measured on."""

    rows: int
    """How many there are."""
    groups: int
    """How many clusters they form: as many as rows where none shares a group."""
    clusters: int | None
    """How many clusters `validation.cluster` forms; null where it names no column."""
    effective_groups: float
    """How many clusters of equal size tell as much as these: 1 or more. Kish, Survey Sampling (1965)."""
    commonest: float
    """Share of the rows that are of the commonest class, which is the accuracy of always answering with it: 0 to 1."""


class _Target(Result):
    target_error: float
    """The error rate that is allowed of the rows left to a model, `evaluation.target_error`: between 0 and 1."""


class Selections(OfEachSide[Selection], _Target):
    """What can be left to each model at the target error rate."""


class Metrics(Result):
    """How the published model compares with every baseline. Floats are rounded to 6 decimals."""

    split: Literal["test", "validation"]
    """The scored rows: the test split, or while `evaluation.test` is sealed the validation split."""
    primary: str
    """The metric that chooses and decides, `evaluation.primary`."""
    verdict: Verdict
    """About the published model, by the primary metric. adapted: better than every baseline. no worse: than any.
    harmed: worse than some baseline. too few groups: the scored rows form too few clusters. not shown: none of
    these."""
    published_seed: int
    """The seed of the published model: the best on validation by the primary metric, of equal ones by log loss."""
    baseline: str
    """The baseline with the best validation score, of equal ones the lower log loss."""
    rows: Rows
    """The scored rows."""
    leakage: Leakage
    """How far the scores rest on rows with a near twin in a split that models learn from or are chosen by."""
    against: dict[str, Against]
    """By how much the published model is better than each baseline by the primary metric, by the baseline's name."""
    difference: ByMetric[Difference | None]
    """Published model minus `baseline` by each metric; `p_holm` is corrected for all metrics."""
    ladder: dict[str, Scored]
    """Each baseline, by the name of its rung."""
    seeds: dict[str, Scored]
    """Each fine-tuned model, by its seed."""
    new_seed: Interval | None
    """What one more training run would score by the primary metric on new rows: the mean of the seeds, and an interval
    for one new seed, which hangs on how few there are; null of a single seed."""
    positive: OfEachSide[PositiveClass] | None
    """The class that must not be missed, `evaluation.positive`, of two classes without it the last; else null."""
    classes: OfEachSide[list[ClassScores]]
    """Each class against all others, in the order of their ids."""
    net_benefit: list[NetBenefit]
    """What acting on the positive class's probability is worth at each of `evaluation.thresholds`; none without it."""
    from_validation: OfEachSide[Interval]
    """Accuracy on the scored rows minus that on validation, -1 to 1. Welch, Biometrika 34 (1947)."""
    calibration: OfEachSide[Calibration]
    """How far probabilities can be trusted."""
    selection: Selections
    """What can be left to each model: selective prediction."""
    prediction_sets: OfEachSide[PredictionSets | None]
    """Split conformal prediction sets; null of two classes."""
    slices: Slices
    """How the published model does on parts of the scored rows, and in comparison with `baseline`."""

    @model_validator(mode="after")
    def _names_are_there(self) -> Self:
        if self.baseline not in self.ladder or str(self.published_seed) not in self.seeds:
            raise ValueError("baseline or published_seed names a model without scores")
        if set(self.against) != set(self.ladder):
            raise ValueError("against and ladder name other baselines")
        return self

    @property
    def published(self) -> Scored:
        """Return the scores of the published model."""
        return self.seeds[str(self.published_seed)]


def read() -> Metrics:
    """Return what reports/metrics.json holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.METRICS, Metrics)

"""reports/metrics.json: how the fine-tuned models compare with the ladder on the test rows.

core/scores/measuring.py computes it from predictions and labels alone.
"""

from typing import Generic, TypeVar

from core.base import paths, results
from core.base.results import Result
from core.scores.calibration import Calibration
from core.scores.intervals import Difference, Ends, Interval
from core.scores.seed_slices import Slice
from core.scores.selective_prediction import Selection
from core.scores.statistics import McNemar, Verdict
from core.scores.tallied import ByMetric

T = TypeVar("T")


class OfEachSide(Result, Generic[T]):
    """One value for each side of the comparison."""

    baseline: T
    """Of the baseline: the rung with the best validation accuracy."""
    finetuned: T
    """Of the published model: the seed with the best validation accuracy."""


class _Rung(Result):
    name: str
    """The rung of the ladder with the best validation accuracy, of equal ones that of the lower log loss."""


class _Seed(Result):
    published_seed: int
    """The seed with the best validation accuracy, of equal ones that of the lower log loss: its model is published."""


class Scored(ByMetric[float]):
    """The scores of one side on test, each with its interval."""

    intervals: ByMetric[Ends]
    """The interval of each score: a cluster bootstrap over test rows and, of the fine-tuned models, over seeds."""

    def interval(self, metric: str) -> Interval:
        """Return a score with the ends of its interval."""
        ends = self.intervals.of(metric)
        return Interval(estimate=self.of(metric), low=ends.low, high=ends.high)


class Baseline(Scored, _Rung):
    """The rung that stands for no fine-tuning, on test."""


class Finetuned(Scored, _Seed):
    """The fine-tuned models on test: scores are means over the seeds."""


class ModelScores(ByMetric[float]):
    """The test scores of one rung or seed, and what it could be chosen by."""

    validation_accuracy: float
    """Share of the validation rows that are predicted right: 0 to 1, higher is better."""
    validation_loss: float
    """Mean log loss on the validation rows in nats: 0 or more, lower is better."""


class AtLeast(Result):
    """An acceptance gate that asks for a score of at least a bound."""

    min: float
    """The least that `evaluation.gates` of params.yaml accepts, in the metric's unit."""
    value: float
    """The fine-tuned models' score on test, mean over the seeds."""
    passed: bool
    """Whether the value is at least the bound."""

    @property
    def required(self) -> str:
        return f"at least {self.min}"

    @property
    def bound(self) -> float:
        return self.min


class AtMost(Result):
    """An acceptance gate that asks for a score of at most a bound."""

    max: float
    """The most that `evaluation.gates` of params.yaml accepts, in the metric's unit."""
    value: float
    """The fine-tuned models' score on test, mean over the seeds."""
    passed: bool
    """Whether the value is at most the bound."""

    @property
    def required(self) -> str:
        return f"at most {self.max}"

    @property
    def bound(self) -> float:
        return self.max


Gate = AtLeast | AtMost


class _Target(Result):
    target_error: float
    """The error rate that is allowed of the rows left to a model, `evaluation.target_error`: between 0 and 1."""


class Selections(OfEachSide[Selection], _Target):
    """What can be left to each model at the target error rate."""


class Rows(Result):
    """The rows that every score is measured on."""

    rows: int
    """How many test rows there are."""
    groups: int
    """How many clusters they form: as many as rows where none shares a group."""


class Metrics(Result):
    """How the fine-tuned models compare with the ladder on the test rows. Floats are rounded to 6 decimals."""

    verdict: Verdict
    """What the interval of the difference in accuracy says: adapted above 0, harmed below 0, else not shown."""
    baseline: Baseline
    """The rung that stands for no fine-tuning."""
    finetuned: Finetuned
    """The fine-tuned models, mean over the seeds."""
    difference: ByMetric[Difference]
    """Fine-tuned, mean over the seeds, minus baseline; `p_holm` is corrected for all metrics."""
    mcnemar: McNemar
    """McNemar's exact test of the published model against the baseline."""
    smallest_gain: float
    """The smallest true difference in accuracy that these test rows would show with 80% power: above 0, a share.
    Cohen, Statistical Power Analysis (1988)."""
    gates: dict[str, Gate]
    """The acceptance gates of `evaluation.gates`, by metric."""
    from_validation: OfEachSide[Interval]
    """Of the best rung and of the published model: accuracy on test minus that on validation, -1 to 1.
    Welch, Biometrika 34 (1947)."""
    calibration: OfEachSide[Calibration]
    """How far the probabilities of the best rung, and of the published model, can be trusted."""
    selection: Selections
    """What can be left to each model: selective prediction."""
    slices: list[Slice]
    """The parts of the test rows with at least ten clusters, in the order of what they are sliced by."""
    worst_slice: Slice | None
    """The slice whose accuracy is most surely low, by the upper end of its interval; null where there is none."""
    ladder: dict[str, ModelScores]
    """Each baseline, by the name of its rung."""
    seeds: dict[str, ModelScores]
    """Each fine-tuned model, by its seed."""
    test: Rows
    """The test rows."""


def read() -> Metrics:
    """Return what reports/metrics.json holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.METRICS, Metrics)

"""reports/choice.json: the numbers by which one chooses between runs, which `dvc metrics show` prints."""

from statistics import fmean
from typing import Literal

from core.base import paths, results
from core.base.results import Result
from core.scores.intervals import Interval
from core.scores.metrics import Metrics
from core.scores.rounding import rounded
from core.scores.verdict import Verdict


class Choice(Result):
    """The numbers by which one chooses, all by the primary metric; `metrics.json` holds everything else."""

    verdict: Verdict
    """The verdict about the published model."""
    split: Literal["test", "validation"]
    """The scored rows: the test split, or while `evaluation.test` is sealed the validation split."""
    metric: str
    """The metric that chooses and decides, `evaluation.primary`."""
    gain: Interval
    """By how much the published model is better than the baseline with the best validation score."""
    score: float
    """The published model on the scored rows."""
    score_mean: float
    """The mean of all seeds on the scored rows: of two settings the one with more of it is the better guess."""
    validation: float
    """The published model on the validation rows that models are chosen by."""
    validation_mean: float
    """The mean of all seeds on these rows."""
    validation_loss_mean: float
    """The mean log loss of all seeds on these rows, in nats: lower is better."""


def chosen(measured: Metrics) -> Choice:
    """Return the numbers of metrics.json by which one chooses."""
    published, seeds = measured.published, measured.seeds.values()
    return rounded(
        Choice(
            verdict=measured.verdict,
            split=measured.split,
            metric=measured.primary,
            gain=measured.against[measured.baseline].gain,
            score=published.of(measured.primary).estimate,
            score_mean=fmean(seed.of(measured.primary).estimate for seed in seeds),
            validation=published.validation,
            validation_mean=fmean(seed.validation for seed in seeds),
            validation_loss_mean=fmean(seed.validation_loss for seed in seeds),
        )
    )


def read() -> Choice:
    """Return what reports/choice.json holds. Raises UserError where it is missing, damaged or outdated."""
    return results.read(paths.CHOICE, Choice)

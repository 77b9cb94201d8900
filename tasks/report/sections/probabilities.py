"""The report's sections on whether a model's probabilities can be trusted, and what can be left to it, as markdown."""

from collections.abc import Iterator
from typing import TypeVar

from core.reporting.markdown import interval, percent, points, score, table
from core.scores.calibration import Calibration, Trust
from core.scores.intervals import Interval
from core.scores.metrics import Metrics, OfEachSide
from core.scores.selective_prediction import Selection

T = TypeVar("T")


def named(metrics: Metrics, side: str) -> str:
    """Return what the report calls the baseline, or the fine-tuned model that is published."""
    return metrics.baseline.name if side == "baseline" else f"fine-tuned, seed {metrics.finetuned.published_seed}"


def _by_name(metrics: Metrics, sides: OfEachSide[T]) -> Iterator[tuple[str, T]]:
    """Yield what the report calls each side, and the side's value."""
    yield named(metrics, "baseline"), sides.baseline
    yield named(metrics, "finetuned"), sides.finetuned


def calibration(metrics: Metrics, confidence: float) -> str:
    """Return whether probabilities mean what they say, baseline and published model, and what would help."""
    answers, rows = [], []
    for name, of_model in _by_name(metrics, metrics.calibration):
        answers.append(f"- {_trusted(name, of_model)}")
        rows.append([name, *_measured(of_model.raw)])
        rows.append([f"the same, temperature {of_model.temperature:.2f}", *_measured(of_model.scaled)])
    header = ["on the test split", "calibration error", "by chance up to", "Brier score", "loss"]
    listed = "\n".join(answers)
    return (
        f"## Can the probabilities be trusted?\n\n{listed}\n\n"
        f"{table(header, rows)}\n\n"
        "*Calibration error* is how far the probability of the predicted class lies from the share that is right, mean "
        "over ten bins of equally many rows. *By chance*: where every probability is true, it stays below this on so "
        f"many rows {confidence:.0%} of the time; that bound is wider for a less confident model, and cautious "
        "where rows share a group, so compare the errors, not the yes or no. The *Brier score* goes from 0, the best, "
        "to 2. A *temperature* above 1 makes all probabilities less extreme and leaves the predicted classes as they "
        "are; it is fitted on validation."
    )


def _trusted(name: str, model: Calibration) -> str:
    raw, scaled, change = model.raw, model.scaled, model.loss_change
    if raw.calibrated:
        return (
            f"**{name}: not shown to be wrong.** Chance can explain its calibration error of "
            f"{raw.calibration_error:.3f} on this test set."
        )
    answer = (
        f"**{name}: no.** Its calibration error of {raw.calibration_error:.3f} is more than chance explains. "
        f"{_direction(raw.overconfidence)}"
    )
    if change.high >= 0:
        return f"{answer} A temperature does not mend that."
    lasting = (
        "then they are not shown to be wrong" if scaled.calibrated else "that helps, but they are still miscalibrated"
    )
    return (
        f"{answer} A temperature of {model.temperature:.2f} takes the log loss from {raw.loss:.3f} to "
        f"{scaled.loss:.3f} (change {change.low:+.3f} to {change.high:+.3f} nats): {lasting}."
    )


def _direction(gap: Interval) -> str:
    within = f"{interval(gap, points)} points"
    if gap.low > 0:
        return f"It is overconfident: its mean probability minus its accuracy is {within}."
    if gap.high < 0:
        return f"It is underconfident: its mean probability minus its accuracy is {within}."
    return "Its mean probability fits its accuracy, but high or low ones do not."


def _measured(trust: Trust) -> list[str]:
    return [score(value) for value in (trust.calibration_error, trust.by_chance_at_most, trust.brier, trust.loss)]


def selection(metrics: Metrics, confidence: float) -> str:
    """Return how many test rows can be left to a model at the target error rate, and whether test bears it out."""
    allowed = metrics.selection.target_error
    target = percent(allowed)
    rows = [[name, *_kept(of_model, allowed)] for name, of_model in _by_name(metrics, metrics.selection)]
    header = [
        "left to the model",
        "probability at least",
        "validation rows",
        "test rows",
        "of these wrong",
        f"at most {target}",
    ]
    return (
        "## What can be left to the model?\n\n"
        "Selective prediction: the model decides the rows that it is confident of, the others go to a person; of those "
        f"left to it at most {target} may be wrong (`evaluation.target_error`).\n\n"
        f"{table(header, rows)}\n\n"
        "The probability asked for is the lowest at which validation shows the target, for rows like its own, with "
        f"about {confidence:.0%} confidence; several were tried in a fixed order, from half of the rows upwards, which "
        "needs no correction. Epochs, seed and settings were chosen on the same rows, so what counts is the test split."
    )


def _kept(model: Selection, target: float) -> list[str]:
    if model.threshold is None or model.validation_coverage is None:
        return ["-", "-", "-", "-", "not shown on validation for half of the rows"]
    asked, error = [f"{model.threshold:.4f}", percent(model.validation_coverage)], model.error_rate
    if error is None or model.coverage is None:
        return [*asked, "none", "-", "-"]
    borne_out = "**missed**" if error.low > target else "holds" if error.high <= target else "not contradicted"
    return [*asked, interval(model.coverage, percent), interval(error, percent), borne_out]

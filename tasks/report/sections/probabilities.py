"""The report's sections on whether a model's probabilities can be trusted, and what can be left to it, as markdown."""

from typing import Any

from core.reporting.markdown import interval, percent, points, table

Json = dict[str, Any]
SIDES = ("baseline", "finetuned")


def named(metrics: Json, side: str) -> str:
    """Return what the report calls the baseline, or the fine-tuned model that is published."""
    if side == "baseline":
        return str(metrics["baseline"]["name"])
    return f"fine-tuned, seed {metrics['finetuned']['published_seed']}"


def calibration(metrics: Json, confidence: float) -> str:
    """Return whether probabilities mean what they say, baseline and published model, and what would help."""
    said = "\n".join(f"- {_trusted(named(metrics, side), metrics['calibration'][side])}" for side in SIDES)
    rows = []
    for side in SIDES:
        found = metrics["calibration"][side]
        rows.append([named(metrics, side), *_measured(found["raw"])])
        rows.append([f"the same, temperature {found['temperature']:.2f}", *_measured(found["scaled"])])
    header = ["on the test split", "calibration error", "by chance up to", "Brier score", "loss"]
    return (
        f"## Can the probabilities be trusted?\n\n{said}\n\n"
        f"{table(header, rows)}\n\n"
        "*Calibration error* is how far the probability of the predicted class lies from the share that is right, mean "
        "over ten bins of equally many rows. *By chance*: where every probability is true, it stays below this on so "
        f"many rows {confidence:.0%} of the time; that bound is wider for a model that is less sure, and cautious "
        "where rows share a group, so compare errors, not answers. The *Brier score* goes from 0, the best, to 2. A "
        "*temperature* above 1 makes all probabilities less sure and leaves the predicted classes as they are; it is "
        "fitted on validation."
    )


def _trusted(name: str, found: Json) -> str:
    raw, scaled, change = found["raw"], found["scaled"], found["loss_change"]
    if raw["calibrated"]:
        return (
            f"**{name}: not shown to be wrong.** Chance can explain its calibration error of "
            f"{raw['calibration_error']:.3f} on this test set."
        )
    answer = (
        f"**{name}: no.** Its calibration error of {raw['calibration_error']:.3f} is more than chance explains. "
        f"{_direction(raw['overconfidence'])}"
    )
    if change["high"] >= 0:
        return f"{answer} A temperature does not mend that."
    lasting = "then they are not shown to be wrong" if scaled["calibrated"] else "that helps, and is not enough"
    return (
        f"{answer} A temperature of {found['temperature']:.2f} takes the loss from {raw['loss']:.3f} to "
        f"{scaled['loss']:.3f} (change {change['low']:+.3f} to {change['high']:+.3f} nats): {lasting}."
    )


def _direction(gap: Json) -> str:
    within = f"{interval(gap, points)} points"
    if gap["low"] > 0:
        return f"It is overconfident: its mean probability minus its accuracy is {within}."
    if gap["high"] < 0:
        return f"It is not confident enough: its mean probability minus its accuracy is {within}."
    return "Its mean probability fits its accuracy, but high or low ones do not."


def _measured(found: Json) -> list[str]:
    return [f"{found[key]:.3f}" for key in ("calibration_error", "by_chance_at_most", "brier", "loss")]


def selection(metrics: Json, confidence: float) -> str:
    """Return how many test rows can be left to a model at the target error rate, and whether test bears it out."""
    found = metrics["selection"]
    target = percent(found["target_error"])
    rows = [[named(metrics, side), *_kept(found[side], found["target_error"])] for side in SIDES]
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
        f"Rows of which the model is sure are left to it, the others go to a person; of those left to it at most "
        f"{target} may be wrong (`evaluation.target_error`).\n\n"
        f"{table(header, rows)}\n\n"
        "The probability asked for is the lowest at which validation shows the target, for rows like its own, with "
        f"about {confidence:.0%} confidence; several were tried in a fixed order, from half of the rows upwards, which "
        "needs no correction. Epochs, seed and settings were chosen on the same rows, so what counts is the test split."
    )


def _kept(found: Json, target: float) -> list[str]:
    if found["threshold"] is None:
        return ["-", "-", "-", "-", "not shown on validation for half of the rows"]
    asked = [f"{found['threshold']:.4f}", percent(found["validation_coverage"])]
    if found["error_rate"] is None:
        return [*asked, "none", "-", "-"]
    error = found["error_rate"]
    borne_out = "**missed**" if error["low"] > target else "holds" if error["high"] <= target else "not contradicted"
    return [*asked, interval(found["coverage"], percent), interval(error, percent), borne_out]

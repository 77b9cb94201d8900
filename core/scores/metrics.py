"""Everything that metrics.json says, from predictions and labels alone."""

import math
from collections.abc import Mapping
from typing import Any

from core.scores import slices, statistics
from core.scores.bootstrap import Comparison, Resampling, paired_bootstrap
from core.scores.calibration import calibration
from core.scores.selective_prediction import selection
from core.scores.slices import Slicing
from core.scores.statistics import METRICS, Groups, Labels, Table, with_interval

Predicted = dict[str, dict[str, Table]]  # a model's name -> a split's name -> probabilities
MOST = {"accuracy": 1.0, "macro_f1": 1.0, "loss": math.inf}


def best(models: Predicted, labels: Labels) -> str:
    """Return the name of the model with the highest validation accuracy, among equals the one of the lowest loss."""
    found = {name: statistics.scores(labels, splits["validation"]) for name, splits in models.items()}
    return max(found, key=lambda name: (found[name]["accuracy"], -found[name]["loss"]))


def described(models: Predicted, labels: dict[str, Labels]) -> dict[str, dict[str, float]]:
    """Return each model's test scores, and the validation accuracy and loss that it could be chosen by."""
    found = {}
    for name, splits in models.items():
        chosen_by = statistics.scores(labels["validation"], splits["validation"])
        found[name] = statistics.scores(labels["test"], splits["test"]) | {
            "validation_accuracy": chosen_by["accuracy"],
            "validation_loss": chosen_by["loss"],
        }
    return found


def estimates(compared: dict[str, Comparison], confidence: float) -> dict[str, Any]:
    """Return the blocks baseline, finetuned and difference: each metric's estimate and interval.

    The verdict rests on the accuracy alone; `p_holm` is for who reads all three metrics.
    """
    blocks: dict[str, Any] = {"baseline": {}, "finetuned": {}, "difference": {}}
    for side, place in (("baseline", "before"), ("finetuned", "after")):
        ends = {
            metric: with_interval(getattr(compared[metric], place), confidence, 0, MOST[metric]) for metric in METRICS
        }
        blocks[side] = {metric: each.pop("estimate") for metric, each in ends.items()} | {"intervals": ends}
    p_values = [statistics.p_value(compared[metric].difference) for metric in METRICS]
    for metric, p, adjusted in zip(METRICS, p_values, statistics.holm(p_values), strict=True):
        found = with_interval(compared[metric].difference, confidence, -MOST[metric], MOST[metric])
        blocks["difference"][metric] = found | {"p_value": p, "p_holm": adjusted}
    return blocks


def from_validation(
    splits: dict[str, Table], labels: dict[str, Labels], groups: dict[str, Groups], confidence: float
) -> dict[str, float]:
    """Return how far a model's accuracy on test lies above that on validation, with its interval."""
    found = {split: statistics.share(splits[split].argmax(1) == labels[split], groups[split]) for split in labels}
    return with_interval(statistics.apart(found["validation"], found["test"]), confidence, -1, 1)


def gates(required: Mapping[str, float], value: Mapping[str, float]) -> dict[str, Any]:
    """Return each acceptance gate with the fine-tuned value and whether it holds: a loss at most, all else at least."""
    ends = {name: "max" if name == "loss" else "min" for name in required}
    return {
        name: {
            ends[name]: bound,
            "value": value[name],
            "passed": value[name] <= bound if ends[name] == "max" else value[name] >= bound,
        }
        for name, bound in required.items()
    }


def measure(
    ladder: Predicted,
    seeds: Predicted,
    labels: dict[str, Labels],
    groups: dict[str, Groups],
    by: dict[str, Slicing],
    resampling: Resampling,
    required: Mapping[str, float],
    target_error: float,
) -> dict[str, Any]:
    """Return everything that metrics.json holds: probabilities in [0, 1], losses in nats.

    Labels and groups are those of the splits validation and test; `by` slices the test rows; `required` are the gates'
    bounds by metric.
    """
    rungs, models = described(ladder, labels), described(seeds, labels)
    rung, seed = best(ladder, labels["validation"]), best(seeds, labels["validation"])
    baseline, finetuned = ladder[rung]["test"], [splits["test"] for splits in seeds.values()]
    test, shared, confidence = labels["test"], groups["test"], resampling.confidence
    compared = paired_bootstrap(test, [baseline], finetuned, shared, resampling.resamples, resampling.seed)
    blocks = estimates(compared, confidence)
    accuracy = blocks["difference"]["accuracy"]
    found = slices.compared(test, baseline, finetuned, shared, by, resampling)
    return {
        "verdict": statistics.verdict(accuracy["low"], accuracy["high"]),
        "baseline": {"name": rung} | blocks["baseline"],
        "finetuned": {"published_seed": int(seed)} | blocks["finetuned"],
        "difference": blocks["difference"],
        "mcnemar": statistics.mcnemar(test, baseline, seeds[seed]["test"], shared),
        "smallest_gain": statistics.smallest_gain(compared["accuracy"].difference, confidence),
        "gates": gates(required, blocks["finetuned"]),
        "from_validation": {
            side: from_validation(splits, labels, groups, confidence)
            for side, splits in (("baseline", ladder[rung]), ("finetuned", seeds[seed]))
        },
        **reliability({"baseline": ladder[rung], "finetuned": seeds[seed]}, labels, groups, resampling, target_error),
        "slices": found,
        "worst_slice": next(iter(slices.worst_first(found)), None),
        "ladder": rungs,
        "seeds": models,
        "test": {"rows": len(test), "groups": len(set(shared))},
    }


def reliability(
    models: Predicted,
    labels: dict[str, Labels],
    groups: dict[str, Groups],
    resampling: Resampling,
    target_error: float,
) -> dict[str, Any]:
    """Return the blocks calibration and selection of each model."""
    return {
        "calibration": {
            name: calibration(labels, splits, groups["test"], resampling.confidence, resampling.seed)
            for name, splits in models.items()
        },
        "selection": {"target_error": target_error}
        | {
            name: selection(labels, splits, groups, target_error, resampling.confidence)
            for name, splits in models.items()
        },
    }

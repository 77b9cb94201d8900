"""Everything that metrics.json says, from predictions and labels alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import params, statistics
from core.rounding import rounded as rounded
from core.statistics import METRICS, Comparison

Table = NDArray[np.float64]
Predicted = dict[str, dict[str, Table]]  # a model's name -> a split's name -> probabilities


def best(models: Predicted, labels: NDArray[np.int64]) -> str:
    """Return the name of the model with the highest validation accuracy, among equals the one of the lowest loss."""
    found = {name: statistics.scores(labels, splits["validation"]) for name, splits in models.items()}
    return max(found, key=lambda name: (found[name]["accuracy"], -found[name]["loss"]))


def described(models: Predicted, labels: dict[str, NDArray[np.int64]]) -> dict[str, dict[str, float]]:
    """Return each model's test scores, and the validation accuracy and loss that it could be chosen by."""
    found = {}
    for name, splits in models.items():
        chosen_by = statistics.scores(labels["validation"], splits["validation"])
        found[name] = statistics.scores(labels["test"], splits["test"]) | {
            "validation_accuracy": chosen_by["accuracy"],
            "validation_loss": chosen_by["loss"],
        }
    return found


def estimates(compared: dict[str, Comparison], point: dict[str, dict[str, float]], confidence: float) -> dict[str, Any]:
    """Return the blocks baseline, finetuned and difference: each metric's estimate and interval."""
    blocks: dict[str, Any] = {"baseline": {}, "finetuned": {}, "difference": {}}
    for side in ("baseline", "finetuned"):
        blocks[side] |= point[side] | {"intervals": {}}
        for metric in METRICS:
            low, high = statistics.interval(getattr(compared[metric], side), confidence)
            blocks[side]["intervals"][metric] = {"low": low, "high": high}
    for metric in METRICS:
        low, high = statistics.interval(compared[metric].difference, confidence)
        blocks["difference"][metric] = {
            "estimate": point["finetuned"][metric] - point["baseline"][metric],
            "low": low,
            "high": high,
            "p_value": statistics.p_value(compared[metric].difference),
        }
    return blocks


def gates(section: params.Gates, value: dict[str, float]) -> dict[str, Any]:
    """Return each acceptance gate with the fine-tuned value and whether it holds."""
    return {
        "accuracy": {
            "min": section.accuracy,
            "value": value["accuracy"],
            "passed": value["accuracy"] >= section.accuracy,
        },
        "loss": {"max": section.loss, "value": value["loss"], "passed": value["loss"] <= section.loss},
    }


def measure(
    section: params.Evaluation,
    ladder: Predicted,
    seeds: Predicted,
    labels: dict[str, NDArray[np.int64]],
    groups: Sequence[str],
) -> dict[str, Any]:
    """Return everything that metrics.json holds: probabilities in [0, 1], losses in nats."""
    rungs, models = described(ladder, labels), described(seeds, labels)
    rung, seed = best(ladder, labels["validation"]), best(seeds, labels["validation"])
    baseline, finetuned = ladder[rung]["test"], [splits["test"] for splits in seeds.values()]
    compared = statistics.paired_bootstrap(labels["test"], baseline, finetuned, groups, section.resamples, section.seed)
    point = {
        "baseline": {metric: rungs[rung][metric] for metric in METRICS},
        "finetuned": {metric: float(np.mean([model[metric] for model in models.values()])) for metric in METRICS},
    }
    blocks = estimates(compared, point, section.confidence)
    accuracy = blocks["difference"]["accuracy"]
    return {
        "verdict": statistics.verdict(accuracy["low"], accuracy["high"]),
        "baseline": {"name": rung} | blocks["baseline"],
        "finetuned": {"published_seed": int(seed)} | blocks["finetuned"],
        "difference": blocks["difference"],
        "mcnemar": statistics.mcnemar(labels["test"], baseline, seeds[seed]["test"]),
        "smallest_gain": statistics.smallest_gain(compared["accuracy"].difference, section.confidence),
        "gates": gates(section.gates, point["finetuned"]),
        "ladder": rungs,
        "seeds": models,
        "test": {"rows": len(labels["test"]), "groups": len(set(groups))},
    }

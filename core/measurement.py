"""Everything that metrics.json says, from predictions and labels alone."""

import math
from typing import Any

from core import params, slices, statistics
from core.calibration import calibration
from core.resampling import Comparison, paired_bootstrap
from core.selection import selection
from core.slices import Slicing
from core.statistics import METRICS, Groups, Labels, Table, with_interval

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
    labels: dict[str, Labels],
    groups: dict[str, Groups],
    by: dict[str, Slicing],
) -> dict[str, Any]:
    """Return everything that metrics.json holds: probabilities in [0, 1], losses in nats.

    Labels and groups are those of the splits validation and test; `by` slices the test rows.
    """
    rungs, models = described(ladder, labels), described(seeds, labels)
    rung, seed = best(ladder, labels["validation"]), best(seeds, labels["validation"])
    baseline, finetuned = ladder[rung]["test"], [splits["test"] for splits in seeds.values()]
    test, shared = labels["test"], groups["test"]
    compared = paired_bootstrap(test, [baseline], finetuned, shared, section.resamples, section.seed)
    blocks = estimates(compared, section.confidence)
    accuracy = blocks["difference"]["accuracy"]
    found = slices.compared(test, baseline, finetuned, shared, by, section)
    return {
        "verdict": statistics.verdict(accuracy["low"], accuracy["high"]),
        "baseline": {"name": rung} | blocks["baseline"],
        "finetuned": {"published_seed": int(seed)} | blocks["finetuned"],
        "difference": blocks["difference"],
        "mcnemar": statistics.mcnemar(test, baseline, seeds[seed]["test"], shared),
        "smallest_gain": statistics.smallest_gain(compared["accuracy"].difference, section.confidence),
        "gates": gates(section.gates, blocks["finetuned"]),
        "from_validation": {
            side: from_validation(splits, labels, groups, section.confidence)
            for side, splits in (("baseline", ladder[rung]), ("finetuned", seeds[seed]))
        },
        **reliability(section, {"baseline": ladder[rung], "finetuned": seeds[seed]}, labels, groups),
        "slices": found,
        "worst_slice": next(iter(slices.worst_first(found)), None),
        "ladder": rungs,
        "seeds": models,
        "test": {"rows": len(test), "groups": len(set(shared))},
    }


def reliability(
    section: params.Evaluation, models: Predicted, labels: dict[str, Labels], groups: dict[str, Groups]
) -> dict[str, Any]:
    """Return the blocks calibration and selection of each model."""
    return {
        "calibration": {
            name: calibration(labels, splits, groups["test"], section.confidence, section.seed)
            for name, splits in models.items()
        },
        "selection": {"target_error": section.target_error}
        | {
            name: selection(labels, splits, groups, section.target_error, section.confidence)
            for name, splits in models.items()
        },
    }

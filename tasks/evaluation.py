"""The verdict: the fine-tuned models on the test rows, against the best rung of the ladder.

The only stage that reads test labels; the rung and the published seed are chosen on validation.
"""

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from core import params, predictions, statistics, tokenized
from core.encoder import load_finetuned, load_tokenizer
from core.errors import UserError, run
from core.files import replacing, write_json
from core.inference import probabilities
from core.statistics import METRICS, Comparison

SEEDS = Path("models/seeds")
PUBLISHED = Path("models/finetuned")
METRICS_FILE = Path("reports/metrics.json")
SPLITS = ("validation", "test")

Table = NDArray[np.float64]
Predicted = dict[str, dict[str, Table]]  # a model's name -> a split's name -> probabilities


def predict(seed: int, rows: dict[str, Dataset], batch_size: int) -> dict[str, Table]:
    """Return one saved model's probabilities on validation and test. Raises UserError where the model is missing."""
    classifier, tokenizer = load_finetuned(SEEDS / str(seed)), load_tokenizer(SEEDS / str(seed))
    expected = tokenized.labels(rows["test"])
    if list(classifier.config.id2label.values()) != expected:
        raise UserError(f"{SEEDS / str(seed)} was fine-tuned on other labels than {expected}: `dvc repro finetuning`")
    return {split: probabilities(classifier, tokenizer, list(rows[split]["input_ids"]), batch_size) for split in SPLITS}


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


def evaluate(
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


def rounded(value: Any) -> Any:
    """Return the value with every float cut to 6 decimals: more are noise of the machine. NaN becomes None."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def independent(rows: Dataset) -> list[str]:
    """Return what each row shares with others: its group, or where it has none its own row_id."""
    return [group or row_id for group, row_id in zip(rows["group"], rows["row_id"], strict=True)]


def main() -> None:
    chosen = params.load()
    section = chosen.evaluation
    rows = {split: tokenized.read(split) for split in SPLITS}
    labels = {split: np.asarray(rows[split]["labels"]) for split in SPLITS}
    seeds = {str(seed): predict(seed, rows, section.batch_size) for seed in chosen.finetuning.seeds}
    table = predictions.read(predictions.BASELINE)
    ladder = {
        rung: {split: predictions.select(table, rung, split, rows[split]["row_id"]) for split in SPLITS}
        for rung in table["model"].unique()
    }
    metrics = rounded(evaluate(section, ladder, seeds, labels, independent(rows["test"])))
    predictions.write(
        predictions.FINETUNED,
        [
            predictions.table(seed, split, rows[split]["row_id"], seeds[seed][split])
            for seed in seeds
            for split in SPLITS
        ],
    )
    with replacing(PUBLISHED) as partial:
        shutil.copytree(SEEDS / str(metrics["finetuned"]["published_seed"]), partial)
    write_json(METRICS_FILE, metrics)
    print(f"verdict: {metrics['verdict']}")


if __name__ == "__main__":
    run(main)

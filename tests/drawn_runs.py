"""Runs of more rows than the tiny project's: predictions that are drawn, and what this project measures of them."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from datasets import ClassLabel, Dataset, Features, Value

from core.base import params, paths, results
from core.data import leakage_counts, predictions, tokenized_rows
from core.scores import slicing
from core.scores.evidence import gathered
from core.scores.measuring import measure
from core.scores.rounding import rounded
from tasks.evaluation.params import Evaluation
from tests.conftest import change_params

COSTS = {"a": {"b": 1.0, "c": 4.0}, "b": {"a": 2.0, "c": 1.0}, "c": {"a": 5.0, "b": 1.5}}
RUNS = {  # how skilled the fine-tuned models are, beside baselines of 0.9 and 1; what params.yaml changes
    "two classes": (2.3, {"evaluation.test": "open", "evaluation.margin": 0.01, "evaluation.target_error": 0.3}),
    "two classes, sealed": (
        1.1,
        {"evaluation.test": "sealed", "evaluation.positive": "a", "evaluation.primary": "accuracy"},
    ),
    "three classes in an order": (
        2.3,
        {
            "evaluation.primary": "weighted_kappa",
            "validation.labels": ["a", "b", "c"],
            "evaluation.positive": None,
            "evaluation.cost": COSTS,
            "evaluation.target_error": 0.2,
            "evaluation.margin": 0.5,
        },
    ),
    "three classes by their costs": (
        0.1,
        {"evaluation.primary": "cost", "evaluation.positive": "b", "evaluation.cost": COSTS},
    ),
}


def rows_of(split: str, count: int, names: list[str], generator: np.random.Generator) -> Dataset:
    """Return tokenized rows, most in groups of unequal size, without texts."""
    labels = generator.choice(
        len(names), size=count, p=np.array([5, 2, 1])[: len(names)] / sum([5, 2, 1][: len(names)])
    )
    groups = [f"{split}-{number}" for number in generator.integers(count, size=count) // 1.5]
    columns = {
        "row_id": [f"{split}-row-{number}" for number in range(count)],
        "group": [None if number % 7 == 0 else group for number, group in enumerate(groups)],
        "labels": labels,
        "input_ids": [[number] for number in range(count)],
        "length": generator.integers(3, 40, size=count),
        "broken_words": generator.integers(0, 9, size=count),
        "truncated": generator.random(count) < 0.1,
        "cluster": [
            None if number % 9 == 0 else f"clinic {number % 61}" for number in generator.integers(400, size=count)
        ],
        "slice site": [["north", "south", "east", None][number % 11 % 4] for number in range(count)],
        "slice ward": generator.choice([f"ward {number}" for number in range(40)], size=count),
    }
    features = {name: Value("string") for name in columns} | {"labels": ClassLabel(names=names)}
    features |= {"input_ids": [Value("int32")], "length": Value("int32"), "broken_words": Value("int32")}
    return Dataset.from_dict(columns, features=Features(features | {"truncated": Value("bool")}))


def predicted(rows: dict[str, Dataset], names: list[str], skill: float, generator: np.random.Generator):
    """Return a model's probabilities by split: the more skill, the nearer the labels."""
    tables = {}
    for split, each in rows.items():
        logits = generator.normal(size=(len(each), len(names))) + skill * np.eye(len(names))[np.asarray(each["labels"])]
        odds = np.exp(1.4 * logits)
        tables[split] = odds / odds.sum(1, keepdims=True)
    return tables


def twins(rows: Mapping[str, Dataset]) -> pd.DataFrame:
    """Return twins of every seventh row of a split: of every second of these in train, of the others in their own."""
    found = [
        (row_id, split, f"{row_id}'", "train" if number % 2 else split, "jaccard", 0.9, bool(number % 2))
        for split, each in rows.items()
        for number, row_id in enumerate(each["row_id"][::7])
    ]
    return pd.DataFrame(found, columns=leakage_counts.COLUMNS)


def write(skill: float, changes: dict[str, object]) -> None:
    """Write into the current folder what a run with more rows leaves: its predictions are drawn, all else is ours."""
    clustered = "evaluation.cost" not in changes  # by a second grouping
    names = ["a", "b", "c"] if "evaluation.cost" in changes else ["a", "b"]
    change_params({"evaluation.positive": "b", "validation.labels": None} | changes)
    generator = np.random.default_rng(7)
    counts = {"validation": 300, "test": 170}
    rows = {split: rows_of(split, count, names, generator) for split, count in counts.items()}
    for split, each in rows.items():
        (each if clustered else each.remove_columns("cluster")).save_to_disk(str(paths.tokenized(split)))
    made = partial(predicted, rows, names, generator=generator)
    ladder = {"majority": made(0.0), "tf-idf": made(0.9), "frozen encoder": made(1.0)}
    ladder["majority"] = {split: np.full((len(each), len(names)), 0.2) for split, each in rows.items()}
    for table in ladder["majority"].values():
        table[:, 0] = 1.2 - 0.2 * len(names)
    seeds = {str(seed): made(skill + 0.1 * (seed == 2)) for seed in (1, 2, 3)}
    for path, models in ((paths.BASELINE_PREDICTIONS, ladder), (paths.FINETUNED_PREDICTIONS, seeds)):
        path.parent.mkdir(parents=True, exist_ok=True)
        tables = [
            predictions.table(model, split, rows[split]["row_id"], table)
            for model, splits in models.items()
            for split, table in splits.items()
        ]
        predictions.write(path, tables)
    twins(rows).to_parquet(paths.SUSPECTS, index=False)
    section = params.load(Evaluation)
    read = {split: tokenized_rows.read(split) for split in (counts if section.test == "open" else ["validation"])}
    labels = {split: np.asarray(each["labels"]) for split, each in read.items()}
    evidence = gathered(
        read, labels, {name: {split: seeds[name][split] for split in read} for name in seeds}, section.decision(names)
    )
    by = slicing.slicings(read[evidence.split], read["validation"])
    results.write(paths.METRICS, rounded(measure(evidence, by, section.asked)))

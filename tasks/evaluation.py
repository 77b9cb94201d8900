"""The verdict: the fine-tuned models on the test rows, against the best rung of the ladder.

No stage before it reads test labels; the rung and the published seed are chosen on validation.
"""

import sys
from pathlib import Path

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from core import card, mean_pooling, measurement, params, predictions, slices, tokenized
from core.checkpoint import load_tokenizer
from core.device import take_card
from core.encoder import load_finetuned
from core.errors import UserError, run
from core.files import read_json, replacing, write_json
from core.inference import probabilities
from core.rounding import rounded

SEEDS = Path("models/seeds")
PUBLISHED = Path("models/finetuned")
VALIDATION = Path("reports/validation.json")
METRICS_FILE = Path("reports/metrics.json")
SPLITS = ("validation", "test")

Table = NDArray[np.float64]


def predict(model: params.Model, seed: int, rows: dict[str, Dataset]) -> dict[str, Table]:
    """Return one saved model's probabilities on validation and test. Raises UserError where the model is missing."""
    classifier, tokenizer = load_finetuned(SEEDS / str(seed), model), load_tokenizer(SEEDS / str(seed))
    expected = tokenized.labels(rows["test"])
    if list(classifier.config.id2label.values()) != expected:
        raise UserError(f"{SEEDS / str(seed)} was fine-tuned on other labels than {expected}: `dvc repro finetuning`")
    return {split: probabilities(classifier, tokenizer, tokenized.inputs(rows[split])) for split in SPLITS}


def require_groups(test: NDArray[np.str_]) -> None:
    """Raise UserError where all test rows are one group."""
    if len(set(test)) == 1:
        raise UserError(
            f"all {len(test)} test rows share the group {str(test[0])!r}: from one group nobody can tell how far "
            "others lie from it. Set validation.group in params.yaml to a column with more values in test, or to null "
            "where rows share nothing"
        )


def save_tokenizer(seed: Path, folder: Path, max_length: int, types: bool) -> None:
    """Save a seed's tokenizer so that transformers' own pipelines read what was read here."""
    tokenizer = load_tokenizer(seed)
    tokenizer.model_max_length = max_length
    tokenizer.model_input_names = ["input_ids", "attention_mask", *(["token_type_ids"] if types else [])]
    tokenizer.init_kwargs["model_input_names"] = tokenizer.model_input_names  # else it is not saved
    tokenizer.save_pretrained(folder)


def main() -> None:
    chosen = params.load()
    take_card()
    section = chosen.evaluation
    rows = {split: tokenized.read(split) for split in SPLITS}
    labels = {split: np.asarray(rows[split]["labels"]) for split in SPLITS}
    groups = {split: tokenized.groups(rows[split]) for split in SPLITS}
    require_groups(groups["test"])
    seeds = {str(seed): predict(chosen.model, seed, rows) for seed in chosen.finetuning.seeds}
    table = predictions.read(predictions.BASELINE)
    row_ids = {split: rows[split]["row_id"] for split in SPLITS}
    ladder = predictions.by_model(table, table["model"].unique(), row_ids)
    by = slices.slicings(rows["test"], rows["validation"])
    metrics = rounded(measurement.measure(section, ladder, seeds, labels, groups, by))
    predictions.write(
        predictions.FINETUNED,
        [
            predictions.table(seed, split, rows[split]["row_id"], seeds[seed][split])
            for seed in seeds
            for split in SPLITS
        ],
    )
    with replacing(PUBLISHED) as partial:
        best = SEEDS / str(metrics["finetuned"]["published_seed"])
        published = load_finetuned(best, chosen.model)
        published.save_pretrained(partial)  # whole, for those without the general model
        save_tokenizer(best, partial, chosen.tokenization.max_length, "token_type_ids" in rows["test"].column_names)
        names, pools_mean = tokenized.labels(rows["test"]), mean_pooling.declared(published.config)
        written = card.text(chosen, metrics, read_json(VALIDATION), names, pools_mean)
        (partial / "README.md").write_text(written, encoding="utf-8")
    write_json(METRICS_FILE, metrics)
    print(f"verdict: {metrics['verdict']}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""The verdict: the fine-tuned models on the test rows, against the best rung of the ladder.

No stage before it reads test labels; the rung and the published seed are chosen on validation.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from core.base import params, paths, results
from core.base.errors import UserError, run
from core.base.files import replacing
from core.data import predictions, tokenized_rows, validation_counts
from core.data.splits import HELD_OUT
from core.decision.scoring import Table
from core.encoders import mean_pooling
from core.encoders.checkpoint import load_tokenizer
from core.encoders.device import take_card
from core.encoders.inference import probabilities
from core.encoders.networks import load_finetuned
from core.encoders.params import Model
from core.scores import slicing
from core.scores.bootstrap import Resampling
from core.scores.measuring import Evidence, Predicted, measure
from core.scores.metrics import Metrics
from core.scores.rounding import rounded
from tasks.evaluation import model_card
from tasks.evaluation.params import Evaluation
from tasks.finetuning.params import Finetuning


def predict(model: Model, seed: int, rows: dict[str, Dataset]) -> dict[str, Table]:
    """Return one saved model's probabilities on validation and test. Raises UserError where the model is missing."""
    folder = paths.seed_model(seed)
    classifier, tokenizer = load_finetuned(folder, model), load_tokenizer(folder)
    expected = tokenized_rows.labels(rows["test"])
    if list(classifier.config.id2label.values()) != expected:
        raise UserError(f"{folder} was fine-tuned on other labels than {expected}: `dvc repro finetuning`")
    return {split: probabilities(classifier, tokenizer, tokenized_rows.inputs(rows[split])) for split in HELD_OUT}


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


def score(
    model: Model, seeds: Sequence[int], section: Evaluation, rows: dict[str, Dataset]
) -> tuple[Predicted, Metrics]:
    """Return each seed's probabilities by split, and what metrics.json says of them and of the baselines."""
    labels = {split: np.asarray(rows[split]["labels"]) for split in HELD_OUT}
    groups = {split: tokenized_rows.groups(rows[split]) for split in HELD_OUT}
    require_groups(groups["test"])
    predicted = {str(seed): predict(model, seed, rows) for seed in seeds}
    table = predictions.read(paths.BASELINE_PREDICTIONS)
    row_ids = {split: rows[split]["row_id"] for split in HELD_OUT}
    ladder = predictions.by_model(table, table["model"].unique(), row_ids)
    resampling = Resampling(section.resamples, section.seed, section.confidence)
    by, required = slicing.slicings(rows["test"], rows["validation"]), section.gates.model_dump()
    evidence = Evidence(ladder, predicted, labels, groups)
    return predicted, rounded(measure(evidence, by, resampling, required, section.target_error))


def publish(settings: model_card.Settings, measured: Metrics, test: Dataset, folder: Path) -> None:
    """Save the seed chosen on validation with its tokenizer and its card, for use with transformers alone."""
    best = paths.seed_model(measured.finetuned.published_seed)
    published = load_finetuned(best, settings.model)
    published.save_pretrained(folder)  # whole, for those without the pretrained model
    save_tokenizer(best, folder, settings.tokenization.max_length, "token_type_ids" in test.column_names)
    names, pools_mean = tokenized_rows.labels(test), mean_pooling.declared(published.config)
    card = model_card.text(settings, measured, validation_counts.read(), names, pools_mean)
    (folder / "README.md").write_text(card, encoding="utf-8")


def main() -> None:
    model, section, seeds = params.load(Model), params.load(Evaluation), params.load(Finetuning).seeds
    take_card()
    rows = {split: tokenized_rows.read(split) for split in HELD_OUT}
    predicted, measured = score(model, seeds, section, rows)
    tables = [
        predictions.table(seed, split, rows[split]["row_id"], splits[split])
        for seed, splits in predicted.items()
        for split in HELD_OUT
    ]
    predictions.write(paths.FINETUNED_PREDICTIONS, tables)
    with replacing(paths.PUBLISHED_MODEL) as folder:
        publish(model_card.settings(), measured, rows["test"], folder)
    results.write(paths.METRICS, measured)
    print(f"verdict: {measured.verdict}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

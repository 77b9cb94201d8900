"""The verdict: the published model on the test rows, against every baseline.

No stage before it reads test labels, and it reads them while `evaluation.test` is open alone; the published seed is
chosen on validation.
"""

import sys
from pathlib import Path

import numpy as np
from datasets import Dataset

from core.base import params, paths, results
from core.base.errors import UserError, run
from core.base.files import replacing
from core.data import dropped_seeds, environment, predictions, published, tokenized_rows, validation_counts
from core.decision.scoring import Table
from core.encoders import mean_pooling
from core.encoders.checkpoint import load_tokenizer
from core.encoders.device import device_name, precision, take_card
from core.encoders.inference import probabilities
from core.encoders.networks import load_finetuned
from core.encoders.params import Model
from core.scores import choice, readings, slicing
from core.scores.evidence import Evidence, gathered, splits_read
from core.scores.measuring import measure
from core.scores.metrics import Metrics
from core.scores.readings import Reading
from core.scores.rounding import rounded
from core.scores.statistics import Groups
from tasks.evaluation import model_card
from tasks.evaluation.params import Evaluation
from tasks.finetuning.params import Finetuning


def predict(model: Model, seed: int, rows: dict[str, Dataset]) -> dict[str, Table]:
    """Return one saved model's probabilities by split. Raises UserError where the model is missing."""
    folder = paths.seed_model(seed)
    classifier, tokenizer = load_finetuned(folder, model), load_tokenizer(folder)
    expected = tokenized_rows.labels(rows["validation"])
    if list(classifier.config.id2label.values()) != expected:
        raise UserError(f"{folder} was fine-tuned on other labels than {expected}: `dvc repro finetuning`")
    return {split: probabilities(classifier, tokenizer, tokenized_rows.inputs(each)) for split, each in rows.items()}


def require_groups(groups: Groups, split: str) -> None:
    """Raise UserError where all rows of a split are one group."""
    if len(set(groups)) == 1:
        raise UserError(
            f"all {len(groups)} {split} rows share the group {str(groups[0])!r}: from one group nobody can tell how "
            f"far others lie from it. Set validation.group in params.yaml to a column with more values in {split}, or "
            "to null where rows share nothing"
        )


def save_tokenizer(seed: Path, folder: Path, max_length: int, types: bool) -> None:
    """Save a seed's tokenizer so that transformers' own pipelines read what was read here."""
    tokenizer = load_tokenizer(seed)
    tokenizer.model_max_length = max_length
    tokenizer.model_input_names = ["input_ids", "attention_mask", *(["token_type_ids"] if types else [])]
    tokenizer.init_kwargs["model_input_names"] = tokenizer.model_input_names  # else it is not saved
    tokenizer.save_pretrained(folder)


def record(found: Evidence, measured: Metrics, test: Dataset) -> Reading:
    """Return the reading of the test labels, which the ledger holds from here on."""
    identity = readings.test_set(test["row_id"], test["input_ids"], test["labels"])
    return readings.record(identity, readings.models(found), measured)


def publish(settings: model_card.Settings, exact: Metrics, rows: Dataset, predicted: Table, folder: Path) -> None:
    """Save the seed chosen on validation with its tokenizer and its card, for use with transformers alone.

    `exact` are the scores before they are rounded: a threshold is the confidence of a row, which it must not miss.
    `rows` are those that were scored, and `predicted` what that seed says of them.
    """
    best = paths.seed_model(exact.published_seed)
    classifier, tokenizer = load_finetuned(best, settings.model), load_tokenizer(best)
    classifier.save_pretrained(folder)  # whole, for those without the pretrained model
    in_float32 = probabilities(classifier, tokenizer, tokenized_rows.inputs(rows), float32=True)
    save_tokenizer(best, folder, settings.tokenization.max_length, "token_type_ids" in rows.column_names)
    published.write(folder, evaluated(settings, exact, rows))
    names, pools_mean = tokenized_rows.labels(rows), mean_pooling.declared(classifier.config)
    apart = float(np.abs(in_float32 - predicted).max())
    card = model_card.text(settings, rounded(exact), validation_counts.read(), names, apart, pools_mean)
    (folder / "README.md").write_text(card, encoding="utf-8")


def evaluated(settings: model_card.Settings, exact: Metrics, rows: Dataset) -> published.Published:
    """Return what decides, beside the weights, how the published model answers, and what rows it was scored on."""
    selection = exact.selection.published
    return published.Published(
        seed=exact.published_seed,
        scored=tokenized_rows.identity(rows),
        texts=settings.validation.texts,
        max_length=settings.tokenization.max_length,
        long=settings.tokenization.long,
        temperature=exact.calibration.published.temperature,
        threshold=selection.threshold,
        refused=selection.refused,
        target_error=settings.evaluation.target_error,
    )


def main() -> None:
    model, section, seeds = params.load(Model), params.load(Evaluation), params.load(Finetuning).seeds
    take_card()
    dropped_seeds.remove(seeds)
    rows = {split: tokenized_rows.read(split) for split in splits_read(section.test)}
    for split, each in rows.items():
        require_groups(tokenized_rows.groups(each), split)
    labels = {split: np.asarray(each["labels"]) for split, each in rows.items()}
    predicted = {str(seed): predict(model, seed, rows) for seed in seeds}
    found = gathered(rows, labels, predicted, section.decision(tokenized_rows.labels(rows["validation"])))
    by = slicing.slicings(rows[found.split], rows["validation"])
    exact = measure(found, by, section.asked)
    measured = rounded(exact)
    tables = [
        predictions.table(seed, split, each["row_id"], predicted[seed][split])
        for seed in predicted
        for split, each in rows.items()
    ]
    predictions.write(paths.FINETUNED_PREDICTIONS, tables)
    with replacing(paths.PUBLISHED_MODEL) as folder:
        scored = predicted[found.published][found.split]
        publish(model_card.settings(), exact, rows[found.split], scored, folder)
    results.write(paths.METRICS, measured)
    results.write(paths.CHOICE, choice.chosen(measured))
    results.write(paths.ENVIRONMENT, environment.current(device_name(), precision()))
    if section.test == "open":
        print(f"reading {record(found, measured, rows['test']).reading} of this test split")
    else:
        paths.READINGS.touch()  # of which DVC asks that it is there
        print("the test split is sealed: these are validation scores")
    print(f"verdict: {measured.verdict}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

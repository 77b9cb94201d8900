"""The report as a document: its sections in their order, and its figures."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from core.base import paths
from core.base.files import read_json
from core.data import parquet, predictions, tokenized_rows
from core.data.texts import shown
from core.scores import calibration, statistics
from core.scores.selective_prediction import risk_by_coverage
from tasks.params import Params
from tasks.report import figures
from tasks.report.diagnosis.inputs import Facts, Json
from tasks.report.diagnosis.label_noise import doubted
from tasks.report.diagnosis.section import diagnosis, doubted_rows
from tasks.report.sections import (
    cost,
    general_language,
    inputs,
    ladder,
    mistakes,
    probabilities,
    slices,
    training,
    verdict,
)


def how_it_did(chosen: Params, metrics: Json) -> tuple[list[str], dict[str, Figure]]:
    """Return the sections on the models, the verdict first, and the figures by file name."""
    rows = tokenized_rows.read("test")
    names, labels, row_ids = tokenized_rows.labels(rows), np.asarray(rows["labels"]), list(rows["row_id"])
    rungs = predictions.read(paths.BASELINE_PREDICTIONS)
    baseline = predictions.select(rungs, metrics["baseline"]["name"], "test", row_ids)
    table = predictions.read(paths.FINETUNED_PREDICTIONS)
    seeds = {seed: predictions.select(table, seed, "test", row_ids) for seed in metrics["seeds"]}
    published = metrics["finetuned"]["published_seed"]
    counts = confusion_matrix(labels, seeds[str(published)].argmax(1), labels=range(len(names)))
    curves = {seed: read_json(paths.epochs(seed)) for seed in seeds}
    texts = shown(parquet.frame(paths.validated("test"))) if chosen.report.show_texts else None
    description = read_json(paths.VALIDATION_COUNTS)["description"]
    general = read_json(paths.FORGETTING)
    section = chosen.evaluation
    sections = [
        verdict.first_screen(metrics, description, chosen.model.name, section.confidence),
        general_language.sentence(general, section.confidence),
        verdict.gates(metrics),
        verdict.certainty(metrics, section),
        ladder.ladder(metrics, section.confidence),
        slices.slices(metrics, section.confidence),
        probabilities.calibration(metrics, section.confidence),
        probabilities.selection(metrics, section.confidence),
        mistakes.classes(labels, names, baseline, list(seeds.values())),
        mistakes.confused(counts, names, published),
        mistakes.surest(labels, seeds[str(published)], row_ids, names, texts),
        training.training(curves, chosen.finetuning),
        general_language.forgetting(general, chosen.evaluation.confidence),
        general_language.fragmentation(read_json(paths.TOKENIZATION_COUNTS)["fragmentation"], broken_words(chosen)),
    ]
    drawn = {"training.svg": figures.training_curves(curves), "confusion.svg": figures.confusion(counts, names)}
    models = {"baseline": baseline, "finetuned": seeds[str(published)]}
    return sections, drawn | of_probabilities(metrics, labels, models, section.target_error)


def of_probabilities(
    metrics: dict[str, Any], labels: statistics.Labels, models: dict[str, statistics.Table], target: float
) -> dict[str, Figure]:
    """Return the figures on whether probabilities can be trusted, by file name."""
    named = {probabilities.named(metrics, side): table for side, table in models.items()}
    fitted = metrics["calibration"]["finetuned"]["temperature"]
    scaled = {f"the same, temperature {fitted:.2f}": calibration.tempered(models["finetuned"], fitted)}
    bins = {name: calibration.reliability(labels, table) for name, table in (named | scaled).items()}
    curves = {name: risk_by_coverage(labels, table) for name, table in named.items()}
    return {"reliability.svg": figures.reliability(bins), "selection.svg": figures.selection(curves, target)}


def broken_words(chosen: Params) -> pd.DataFrame | None:
    """Return the domain's words if texts may be shown."""
    return parquet.frame(paths.VOCABULARY) if chosen.report.show_texts else None


def what_to_change(chosen: Params, metrics: Json) -> str:
    """Return the section on the faults that the numbers of this run support."""
    rows = tokenized_rows.read("validation")
    labels, row_ids = np.asarray(rows["labels"]), list(rows["row_id"])
    table = predictions.read(paths.FINETUNED_PREDICTIONS)
    seeds = [predictions.select(table, seed, "validation", row_ids) for seed in metrics["seeds"]]
    facts = Facts(
        metrics,
        read_json(paths.VALIDATION_COUNTS),
        read_json(paths.TOKENIZATION_COUNTS),
        {seed: read_json(paths.epochs(seed)) for seed in metrics["seeds"]},
        doubted(labels, seeds),
        chosen.finetuning,
    )
    texts = shown(parquet.frame(paths.validated("validation"))) if chosen.report.show_texts else None
    listed = doubted_rows(facts.doubted, labels, row_ids, tokenized_rows.labels(rows), texts)
    return diagnosis(facts, listed)


def what_went_in(chosen: Params) -> list[str]:
    """Return the sections on data, synthetic rows, tokens, model and parameters."""
    validation = read_json(paths.VALIDATION_COUNTS)
    training_rows = validation["rows"]["train"]["usable"]
    return [
        inputs.data(validation),
        inputs.augmentation(parquet.frame(paths.AUGMENTED), training_rows),
        inputs.tokenization(read_json(paths.TOKENIZATION_COUNTS)),
        cost.section(tokenized_rows.read("train"), chosen.finetuning),
        inputs.sources(),
        inputs.model(chosen, read_json(paths.TOKENIZATION_COUNTS)["model"]),
        inputs.parameters(chosen),
    ]


def draft(chosen: Params, metrics: Json, report: Path, folder: Path) -> None:
    """Write the report, and its figures into a new folder."""
    sections, drawn = how_it_did(chosen, metrics)
    folder.mkdir()
    for name, figure in drawn.items():
        figures.save(figure, folder / name)
    sections += [what_to_change(chosen, metrics), *what_went_in(chosen)]
    report.write_text("\n\n".join(sections) + "\n", encoding="utf-8")

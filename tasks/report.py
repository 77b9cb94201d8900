"""report.md and its figures: what the earlier stages found, for somebody who has not seen the project."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from core import diagnosis, evidence, figures, headline, params, predictions, provenance, statistics, tokenized
from core.errors import run
from core.facts import Facts, Json
from core.files import read_json, replacing, require
from core.labelnoise import doubted

CURVES = Path("reports/training")
FIGURES = Path("reports/figures")
VALIDATION = Path("data/validated/validation.parquet")
TEST = Path("data/validated/test.parquet")
AUGMENTED = Path("data/augmented/train.parquet")


def how_it_did(chosen: params.Params) -> tuple[list[str], dict[str, Figure]]:
    """Return the sections on the models, the verdict first, and the figures by file name."""
    metrics = read_json(headline.METRICS)
    rows = tokenized.read("test")
    names, labels, row_ids = tokenized.labels(rows), np.asarray(rows["labels"]), list(rows["row_id"])
    baseline = predictions.select(predictions.read(predictions.BASELINE), metrics["baseline"]["name"], "test", row_ids)
    table = predictions.read(predictions.FINETUNED)
    seeds = {seed: predictions.select(table, seed, "test", row_ids) for seed in metrics["seeds"]}
    published = metrics["finetuned"]["published_seed"]
    counts = statistics.confusion(labels, seeds[str(published)])
    curves = {seed: read_json(CURVES / f"{seed}.json") for seed in seeds}
    texts = pd.read_parquet(require(TEST))["text"].tolist() if chosen.report.show_texts else None
    description = read_json(provenance.VALIDATION)["description"]
    sections = [
        evidence.first_screen(metrics, description, chosen.model.name, chosen.evaluation.confidence),
        evidence.gates(metrics),
        evidence.certainty(metrics, chosen.evaluation),
        evidence.ladder(metrics),
        evidence.classes(labels, names, baseline, list(seeds.values())),
        evidence.confused(counts, names, published),
        evidence.mistakes(labels, seeds[str(published)], row_ids, names, texts),
        evidence.training(curves),
    ]
    drawn = {"training.svg": figures.training_curves(curves), "confusion.svg": figures.confusion(counts, names)}
    return sections, drawn


def what_to_change(chosen: params.Params, metrics: Json) -> str:
    """Return the section on the faults that the numbers of this run support."""
    rows = tokenized.read("validation")
    labels, row_ids = np.asarray(rows["labels"]), list(rows["row_id"])
    table = predictions.read(predictions.FINETUNED)
    seeds = [predictions.select(table, seed, "validation", row_ids) for seed in metrics["seeds"]]
    facts = Facts(
        metrics,
        read_json(provenance.VALIDATION),
        read_json(provenance.TOKENIZATION),
        {seed: read_json(CURVES / f"{seed}.json") for seed in metrics["seeds"]},
        doubted(labels, seeds),
        chosen.finetuning.learning_rate,
    )
    texts = pd.read_parquet(require(VALIDATION))["text"].tolist() if chosen.report.show_texts else None
    listed = diagnosis.doubted_rows(facts.doubted, labels, row_ids, tokenized.labels(rows), texts)
    return diagnosis.section(facts, listed)


def what_went_in(chosen: params.Params) -> list[str]:
    """Return the sections on data, synthetic rows, tokens, model and parameters."""
    validation = read_json(provenance.VALIDATION)
    training_rows = validation["rows"]["train"]["usable"]
    return [
        provenance.data(validation),
        provenance.augmentation(pd.read_parquet(require(AUGMENTED)), training_rows),
        provenance.tokenization(read_json(provenance.TOKENIZATION)),
        provenance.model(chosen.model),
        provenance.parameters(chosen),
    ]


def main() -> None:
    chosen = params.load()
    sections, drawn = how_it_did(chosen)
    sections += [what_to_change(chosen, read_json(headline.METRICS)), *what_went_in(chosen)]
    with replacing(FIGURES) as partial:
        partial.mkdir()
        for name, figure in drawn.items():
            figures.save(figure, partial / name)
    with replacing(headline.REPORT) as partial:
        partial.write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    print(f"report: {headline.REPORT}")


if __name__ == "__main__":
    run(main)

"""report.md and its figures: what the earlier stages found, for somebody who has not seen the project."""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from core import (
    breakdown,
    calibration,
    comment,
    comparison,
    cost,
    diagnosis,
    evidence,
    figures,
    generality,
    headline,
    mistakes,
    params,
    parquet,
    predictions,
    provenance,
    reliability,
    revision,
    statistics,
    tokenized,
    verification,
)
from core.errors import UserError, run
from core.facts import Facts, Json
from core.files import read_json, replacing, require
from core.labelnoise import doubted
from core.messages import flat
from core.selection import risk_by_coverage
from core.texts import shown

CURVES = Path("reports/training")
FIGURES = Path("reports/figures")
VALIDATION = Path("data/validated/validation.parquet")
TEST = Path("data/validated/test.parquet")
AUGMENTED = Path("data/augmented/train.parquet")
VOCABULARY = Path("data/vocabulary.parquet")


def how_it_did(chosen: params.Params, metrics: Json) -> tuple[list[str], dict[str, Figure]]:
    """Return the sections on the models, the verdict first, and the figures by file name."""
    rows = tokenized.read("test")
    names, labels, row_ids = tokenized.labels(rows), np.asarray(rows["labels"]), list(rows["row_id"])
    baseline = predictions.select(predictions.read(predictions.BASELINE), metrics["baseline"]["name"], "test", row_ids)
    table = predictions.read(predictions.FINETUNED)
    seeds = {seed: predictions.select(table, seed, "test", row_ids) for seed in metrics["seeds"]}
    published = metrics["finetuned"]["published_seed"]
    counts = confusion_matrix(labels, seeds[str(published)].argmax(1), labels=range(len(names)))
    curves = {seed: read_json(CURVES / f"{seed}.json") for seed in seeds}
    texts = shown(parquet.frame(TEST)) if chosen.report.show_texts else None
    description = read_json(provenance.VALIDATION)["description"]
    general = read_json(generality.FORGETTING)
    section = chosen.evaluation
    sections = [
        evidence.first_screen(metrics, description, chosen.model.name, section.confidence),
        generality.sentence(general, section.confidence),
        evidence.gates(metrics),
        evidence.certainty(metrics, section),
        evidence.ladder(metrics, section.confidence),
        breakdown.slices(metrics, section.confidence),
        reliability.calibration(metrics, section.confidence),
        reliability.selection(metrics, section.confidence),
        mistakes.classes(labels, names, baseline, list(seeds.values())),
        mistakes.confused(counts, names, published),
        mistakes.surest(labels, seeds[str(published)], row_ids, names, texts),
        evidence.training(curves, chosen.finetuning),
        generality.forgetting(general, chosen.evaluation.confidence),
        generality.fragmentation(read_json(provenance.TOKENIZATION)["fragmentation"], broken_words(chosen)),
    ]
    drawn = {"training.svg": figures.training_curves(curves), "confusion.svg": figures.confusion(counts, names)}
    models = {"baseline": baseline, "finetuned": seeds[str(published)]}
    return sections, drawn | of_probabilities(metrics, labels, models, section.target_error)


def of_probabilities(
    metrics: dict[str, Any], labels: statistics.Labels, models: dict[str, statistics.Table], target: float
) -> dict[str, Figure]:
    """Return the figures on whether probabilities can be trusted, by file name."""
    named = {reliability.named(metrics, side): table for side, table in models.items()}
    fitted = metrics["calibration"]["finetuned"]["temperature"]
    scaled = {f"the same, temperature {fitted:.2f}": calibration.tempered(models["finetuned"], fitted)}
    bins = {name: calibration.reliability(labels, table) for name, table in (named | scaled).items()}
    curves = {name: risk_by_coverage(labels, table) for name, table in named.items()}
    return {"reliability.svg": figures.reliability(bins), "selection.svg": figures.selection(curves, target)}


def broken_words(chosen: params.Params) -> pd.DataFrame | None:
    """Return the domain's words if texts may be shown."""
    return parquet.frame(VOCABULARY) if chosen.report.show_texts else None


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
        chosen.finetuning.method,
        chosen.finetuning.head,
    )
    texts = shown(parquet.frame(VALIDATION)) if chosen.report.show_texts else None
    listed = diagnosis.doubted_rows(facts.doubted, labels, row_ids, tokenized.labels(rows), texts)
    return diagnosis.section(facts, listed)


def what_went_in(chosen: params.Params) -> list[str]:
    """Return the sections on data, synthetic rows, tokens, model and parameters."""
    validation = read_json(provenance.VALIDATION)
    training_rows = validation["rows"]["train"]["usable"]
    return [
        provenance.data(validation),
        provenance.augmentation(parquet.frame(AUGMENTED), training_rows),
        provenance.tokenization(read_json(provenance.TOKENIZATION)),
        cost.section(tokenized.read("train"), chosen.finetuning),
        provenance.sources(),
        provenance.model(chosen, read_json(provenance.TOKENIZATION)["model"]),
        provenance.parameters(chosen),
    ]


def draft(chosen: params.Params, metrics: Json, report: Path, folder: Path) -> None:
    """Write the report, and its figures into a new folder."""
    sections, drawn = how_it_did(chosen, metrics)
    folder.mkdir()
    for name, figure in drawn.items():
        figures.save(figure, folder / name)
    sections += [what_to_change(chosen, metrics), *what_went_in(chosen)]
    report.write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def verify(chosen: params.Params) -> None:
    """Raise UserError with every number and figure of the reports that does not follow from the predictions."""
    problems = verification.sources() + verification.model(chosen.model)
    metrics, relabelled = verification.remeasured(chosen)
    problems += relabelled + verification.numbers(headline.METRICS, metrics) + verification.forgotten(chosen)
    with TemporaryDirectory() as folder:
        report, drawn = Path(folder, "report.md"), Path(folder, "figures")
        draft(chosen, metrics, report, drawn)
        problems += verification.lines(headline.REPORT, report) + verification.files(FIGURES, drawn)
    if problems:
        raise UserError(*problems)
    count = len(dict(flat(metrics)))
    print(f"verified: the {count} values of {headline.METRICS}, {headline.REPORT} and its figures follow, to the byte")


def compare(chosen: params.Params, against: str, links: str | None) -> None:
    """Print the body of a pull request's comment: the first screen, and what changed against a git revision."""
    before = revision.find(against)
    changes = [
        comparison.data(before),
        comparison.parameters(before),
        comparison.metrics(before, read_json(headline.METRICS), chosen.evaluation),
    ]
    print(comment.body(require(headline.REPORT).read_text(encoding="utf-8"), before, changes, links), end="")


def parser() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(prog="python -m tasks.report", description="Write the report that reviewers read.")
    instead = known.add_mutually_exclusive_group()
    instead.add_argument("--verify", action="store_true", help="instead, recompute it and say what does not follow")
    instead.add_argument("--against", metavar="REVISION", help="instead, print what a pull request against it shows")
    known.add_argument("--links", metavar="URL", help="where that reads the project's files: .../blob/COMMIT")
    return known


def main(*arguments: str) -> None:
    known = parser()
    given = known.parse_args(arguments)
    if given.links and not given.against:
        known.error("--links says where the links of --against lead: name both")
    chosen = params.load()
    if given.verify:
        return verify(chosen)
    if given.against:
        return compare(chosen, given.against, given.links)
    with replacing(FIGURES) as drawn, replacing(headline.REPORT) as report:
        draft(chosen, read_json(headline.METRICS), report, drawn)
    print(f"report: {headline.REPORT}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

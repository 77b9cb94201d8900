"""The report as a document: what its templates are given. templates/report.md.j2 has its sections, in their order."""

from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

from core.data.texts import head
from core.decision.scoring import METRICS
from core.reporting import documents, headline
from tasks.report import figures, heat_map, themes
from tasks.report.diagnosis.inputs import facts
from tasks.report.diagnosis.section import diagnosis, doubted_rows
from tasks.report.outputs import Outputs
from tasks.report.sections import (
    cost,
    general_language,
    inputs,
    ladder,
    leakage,
    ledger,
    mistakes,
    probabilities,
    slices,
    training,
    verdict,
)

TEMPLATES = Path(__file__).parent / "templates"


def what_to_change(run: Outputs) -> str:
    """Return the faults that the numbers of this run support."""
    labels, row_ids = run.evidence.labels["validation"], run.row_ids["validation"]
    return diagnosis(
        facts(run), doubted_rows(run.doubted, labels, row_ids, run.class_names, run.texts.get("validation"))
    )


def known(run: Outputs) -> dict[str, Any]:
    """Return what the templates may name: the run itself, and what a template could not say simply."""
    metrics, names = run.metrics, run.class_names
    published, row_ids, texts = run.published, run.row_ids[metrics.split], run.texts.get(metrics.split)
    sets = metrics.prediction_sets.published
    return {
        "run": run,
        "metrics": metrics,
        "params": run.params,
        "level": f"{run.decision.confidence:.0%}",
        "primary": METRICS[metrics.primary].title,
        "positive": None if run.decision.positive is None else names[run.decision.positive],
        "figure": figures.picture,
        "head": head,
        "amount": partial(headline.amount, metrics.primary),
        "headline": headline.headline(metrics, run.decision, run.reading.reading if run.reading else None),
        "general_ability": headline.topic_probe(run.forgetting, metrics.published_seed),
        "gates": headline.gates(run.judged),
        "judged": run.judged,
        "diagnosis": what_to_change(run),
        "confusions": mistakes.confusions(figures.confused(run), names),
        "legend": mistakes.legend(names) if heat_map.numbered(names) else [],
        "every_metric": verdict.every_metric(metrics),
        "seed_scores": [model.of(metrics.primary).estimate for model in metrics.seeds.values()],
        "ladder": ladder.ladder(metrics, run.ladder),
        "classes": mistakes.classes(metrics.classes.published, run.labels, run.baseline, published),
        "slices": slices.slices(metrics.slices, run.params.validation.slices, run.decision.confidence),
        "calibration": probabilities.calibration(metrics, names),
        "calibration_by_class": probabilities.calibration_by_class(metrics, names),
        "selection": probabilities.selection(metrics),
        "set_coverage": probabilities.set_coverage(sets, names),
        "mistakes": mistakes.most_confident(run.labels, published, row_ids, names, texts),
        "training": training.training(run.epochs),
        "topic_probe": general_language.topic_probe(run.forgetting, metrics.published_seed),
        "split_words": general_language.split_words(run.vocabulary),
        "readings": ledger.ledger(run.readings),
        "twins_by_jaccard": leakage.near_twins(run.leakage, "jaccard"),
        "twins_by_cosine": leakage.near_twins(run.leakage, "cosine"),
        "same_texts": leakage.same_texts(run.validation),
        "rows_by_split": inputs.row_counts(run.validation),
        "quarantined": inputs.quarantined(run.validation),
        "augmentation": inputs.augmented(run.augmented),
        "cost": cost.cost(run.train, run.params.finetuning),
        "sources": inputs.sources(metrics.split, run.params.baseline.external),
        "original_recipe": inputs.original_recipe(run.params),
        "parameters": inputs.as_yaml(run.params),
    }


def rendered(name: str, known: dict[str, Any]) -> str:
    """Return what a template of the report makes of what it is given."""
    return documents.rendered(documents.environment(FileSystemLoader(TEMPLATES)), name, **known)


def draft(run: Outputs, report: Path, folder: Path) -> None:
    """Write the report, and its figures into a new folder."""
    report.write_text(rendered("report.md.j2", known(run)), encoding="utf-8")
    folder.mkdir()
    for figure in [entry for entry in figures.FIGURES if entry.applies(run)]:
        themes.save(partial(figure.draw, run), folder, figure.name)

"""The report as a document: what its templates are given. templates/report.md.j2 has its sections, in their order."""

from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader

from core.data.texts import head
from core.decision.scoring import METRICS
from core.reporting import headline, templates
from tasks.report import figures, themes
from tasks.report.diagnosis.inputs import facts
from tasks.report.diagnosis.section import diagnosis, doubted_rows
from tasks.report.outputs import Outputs
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

TEMPLATES = Path(__file__).parent / "templates"


def what_to_change(run: Outputs) -> str:
    """Return the faults that the numbers of this run support."""
    rows = run.held_out["validation"]
    return diagnosis(facts(run), doubted_rows(run.doubted, rows.labels, rows.row_ids, run.class_names, rows.texts))


def known(run: Outputs) -> dict[str, Any]:
    """Return what the templates may name: the run itself, and what a template could not say simply."""
    metrics, test, names = run.metrics, run.test, run.class_names
    return {
        "run": run,
        "metrics": metrics,
        "params": run.params,
        "level": f"{run.confidence:.0%}",
        "primary": METRICS[run.params.evaluation.primary].title,
        "figure": figures.picture,
        "head": head,
        "headline": headline.sentences(metrics, run.confidence),
        "first_screen": verdict.compared(metrics),
        "fine_tuned": verdict.fine_tuned(metrics),
        "diagnosis": what_to_change(run),
        "confusions": mistakes.confusions(figures.confused(run), names),
        "ladder": ladder.ladder(metrics, run.ladder),
        "slices": slices.slices(metrics, run.confidence),
        "calibration": probabilities.calibration(metrics),
        "selection": probabilities.selection(metrics),
        "classes": mistakes.classes(test.labels, names, test.baseline, list(test.seeds.values())),
        "mistakes": mistakes.most_confident(test.labels, run.published, test.row_ids, names, test.texts),
        "training": training.training(run.epochs),
        "topic_probe": general_language.topic_probe(run.forgetting, run.published_seed),
        "split_words": general_language.split_words(run.vocabulary),
        "rows_by_split": inputs.row_counts(run.validation),
        "quarantined": inputs.quarantined(run.validation),
        "augmentation": inputs.augmented(run.augmented),
        "cost": cost.cost(run.train, run.params.finetuning),
        "sources": inputs.sources(),
        "original_recipe": inputs.original_recipe(run.params),
        "parameters": inputs.as_yaml(run.params),
    }


def rendered(name: str, known: dict[str, Any]) -> str:
    """Return what a template of the report makes of what it is given."""
    return templates.rendered(templates.environment(FileSystemLoader(TEMPLATES)), name, **known)


def draft(run: Outputs, report: Path, folder: Path) -> None:
    """Write the report, and its figures into a new folder."""
    report.write_text(rendered("report.md.j2", known(run)), encoding="utf-8")
    folder.mkdir()
    for figure in figures.FIGURES:
        themes.save(partial(figure.draw, run), folder, figure.name)

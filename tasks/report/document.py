"""The report as a document: its sections, in the order in which they are read."""

from collections.abc import Callable
from pathlib import Path

from tasks.report import figures
from tasks.report.diagnosis.inputs import Facts
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

Section = Callable[[Outputs], str]


def what_to_change(run: Outputs) -> str:
    """Return the section on the faults that the numbers of this run support."""
    facts = Facts(run.metrics, run.validation, run.tokenization, run.epochs, run.doubted, run.params.finetuning)
    rows = run.held_out["validation"]
    return diagnosis(facts, doubted_rows(run.doubted, rows.labels, rows.row_ids, run.class_names, rows.texts))


SECTIONS: tuple[Section, ...] = (
    lambda run: verdict.first_screen(run.metrics, run.validation.description, run.params.model.name, run.confidence),
    lambda run: general_language.sentence(run.forgetting, run.confidence),
    lambda run: verdict.gates(run.metrics),
    lambda run: verdict.certainty(run.metrics, run.params.evaluation),
    lambda run: ladder.ladder(run.metrics, run.ladder, run.confidence),
    lambda run: slices.slices(run.metrics, run.confidence),
    lambda run: probabilities.calibration(run.metrics, run.confidence),
    lambda run: probabilities.selection(run.metrics, run.confidence),
    lambda run: mistakes.classes(run.test.labels, run.class_names, run.test.baseline, list(run.test.seeds.values())),
    lambda run: mistakes.confused(figures.confused(run), run.class_names, run.published_seed),
    lambda run: mistakes.most_confident(
        run.test.labels, run.published, run.test.row_ids, run.class_names, run.test.texts
    ),
    lambda run: training.training(run.epochs, run.params.finetuning),
    lambda run: general_language.forgetting(run.forgetting, run.confidence),
    lambda run: general_language.fragmentation(run.tokenization.fragmentation, run.vocabulary),
    what_to_change,
    lambda run: inputs.data(run.validation),
    lambda run: inputs.augmentation(run.augmented, run.validation.rows["train"].usable),
    lambda run: inputs.tokenization(run.tokenization),
    lambda run: cost.section(run.train, run.params.finetuning),
    lambda run: inputs.sources(),
    lambda run: inputs.model(run.params, run.tokenization.model),
    lambda run: inputs.parameters(run.params),
)


def draft(run: Outputs, report: Path, folder: Path) -> None:
    """Write the report, and its figures into a new folder."""
    sections = [figures.illustrated(section(run)) for section in SECTIONS]
    report.write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    folder.mkdir()
    for figure in figures.FIGURES:
        figures.save(figure.draw(run), folder / figure.file)

"""The study as a document: what its templates are given. templates/study.md.j2 has its sections, in their order."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from core.decision.scoring import METRICS
from core.reporting import documents
from core.reporting.headline import IN_POINTS
from core.scores.learning_curve import Answer
from core.scores.readings import Reading
from study.curves.results import StudyScores
from study.next import said
from study.params import FEW
from study.report import figures, tables
from study.report.answers import TEMPLATES
from study.report.cells import Studied
from study.techniques.technique import technique
from tasks.report import themes


def known(studied: Studied, scores: StudyScores, answer: Answer, reading: Reading | None) -> dict[str, Any]:
    """Return what the templates may name: the results, and what a template could not say simply."""
    cells = {each.cell.name: each for each in studied.known}
    computed = [(each.computed.device, each.computed.precision) for each in cells.values() if each.computed]
    best = scores.curve(scores.best).sizes[-1]
    choosing = studied.choosing if studied.choosing and studied.choosing.strategies else None
    return {
        "studied": studied,
        "scores": scores,
        "answer": answer,
        "reading": reading,
        "section": studied.params.study,
        "few": FEW,
        "level": f"{scores.confidence:.0%}",
        "primary": METRICS[scores.primary].title,
        "in_points": scores.primary in IN_POINTS,
        "title": tables.title,
        "techniques": [technique(name) for name in studied.params.study.techniques],
        "choosing": said.sentences(choosing, scores.pool, studied.params.study.techniques),
        "best": best,
        "of": tables.of(scores),
        "reference": tables.title(figures.reference(scores)),
        "figure": figures.picture,
        "by_size": tables.by_size(scores),
        "predictions": tables.predictions(scores),
        "pairs": tables.pairs(scores, scores.pairs),
        "augmentation": tables.pairs(scores, scores.augmentation),
        "overtakings": [tables.overtaking(each) for each in scores.overtakings],
        "gates": tables.gates(scores),
        "unmeasured": [gate for gate in scores.gates if gate.unmeasured],
        "draws": tables.draws(scores),
        "lacking": tables.lacking(studied),
        "cells": len(cells),
        "devices": sorted(Counter(computed).items()),
    }


def draft(
    studied: Studied, scores: StudyScores, answer: Answer, reading: Reading | None, report: Path, folder: Path
) -> None:
    """Write the report, and its figures into a new folder."""
    text = documents.rendered(TEMPLATES, "study.md.j2", **known(studied, scores, answer, reading))
    report.write_text(text, encoding="utf-8")
    folder.mkdir()
    for figure in [entry for entry in figures.FIGURES if entry.applies(scores)]:
        themes.save(partial(figure.draw, scores), folder, figure.name)

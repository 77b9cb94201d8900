"""What the cells say: reports/study.csv, reports/study.md and its figures, and in reports/study what others read."""

import sys

from core.base import results
from core.base.errors import run
from core.base.files import replacing
from core.scores import learning_curve, readings
from core.scores.readings import Outcome, Reading
from study import paths
from study.curves.results import StudyScores, measured
from study.report import answers, cells, document, table
from study.report.cells import Studied


def record(studied: Studied, scores: StudyScores) -> Reading | None:
    """Return the reading of the test labels, which the study's ledger holds from here on; None of validation."""
    if studied.rows.split != "test":
        return None
    largest = {curve.technique: curve.sizes[-1].score for curve in scores.curves if curve.sizes}
    found = {name: score.estimate for name, score in largest.items() if score}
    outcome = Outcome("study", scores.primary, scores.best, found)
    return readings.enter(studied.test, studied.models, outcome, learning_curve.READINGS)


def main() -> None:
    studied = cells.read()
    scores = measured(studied.curves, studied.params.evaluation.gates)
    reading = record(studied, scores)
    answer = answers.answer(studied, scores)
    with replacing(paths.FIGURES) as figures, replacing(paths.REPORT) as report, replacing(paths.TABLE) as rows:
        table.of_cells(studied).to_csv(rows, index=False, lineterminator="\n")
        document.draft(studied, scores, answer, reading, report, figures)
    results.write(learning_curve.ANSWER, answer)
    if studied.choosing:
        results.write(paths.CHOOSING, studied.choosing)
    else:
        paths.CHOOSING.unlink(missing_ok=True)
    print(f"study: {answer.sentence}\nreport: {paths.REPORT}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""`python -m study.report` on cell files: what it writes, and that it reads the test split once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.base import params
from core.scores import learning_curve, readings
from study import paths
from study.cells import cell, files, plan, rows
from study.params import Study
from study.report import __main__ as report
from tests.study.report.studies import HERE


@pytest.fixture
def computed(tokenized):
    """Return what writes made-up results of the cells that params.yaml asks for, after some changes of it."""

    def write(changes=None) -> None:
        tokenized(changes)
        known = rows.read(plan.scored_split())
        for number, each in enumerate(plan.cells(known, params.load(Study))):
            table = np.random.default_rng(number).dirichlet([1, 1], len(known.held_out))
            files.store(each.name, cell.content(list(known.held_out["row_id"]), table, HERE))

    write()
    return write


def written() -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in Path("reports").rglob("*") if path.is_file() and "study" in str(path)
    }


def test_a_table_a_report_figures_and_an_answer_are_written_the_same_each_time(computed):
    report.main()
    first = written()
    assert {str(paths.TABLE), str(paths.REPORT), str(paths.FIGURES / "curves.svg")} <= first.keys()
    answer = learning_curve.read()
    assert answer and answer.training.rows == 12
    assert answer.sentence in paths.REPORT.read_text(encoding="utf-8")
    report.main()
    assert written() == first


def test_no_text_of_the_data_and_no_time_stands_in_what_is_written(computed):
    report.main()
    said = b"".join(written().values()).decode()
    assert not any(text in said for text in pd.read_parquet("data/validated/test.parquet")["text"])
    assert "seconds" not in said


def test_the_same_cells_are_one_reading_and_a_wider_grid_is_one_more(computed):
    for _ in range(2):
        report.main()
    found = readings.read(learning_curve.READINGS)
    assert [(each.reading, each.verdict) for each in found] == [(1, "study")]
    assert set(found[0].scores) == {"tf_idf", "frozen_encoder"}
    computed({"study.sizes": {"per_class": [2, 4], "shares": [0.5, 1.0]}})
    report.main()
    assert [each.reading for each in readings.read(learning_curve.READINGS)] == [1, 2]


def test_sealed_the_study_reads_no_test_label(computed):
    computed({"evaluation.test": "sealed"})
    report.main()
    assert not learning_curve.READINGS.exists()
    assert "The validation split, 6 rows" in paths.REPORT.read_text(encoding="utf-8")

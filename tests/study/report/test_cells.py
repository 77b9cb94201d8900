"""What the report is made from: the cells as they stand, of whatever is missing the reason."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.base.errors import UserError
from study.cells import files
from study.cells.files import Failure
from study.report import cells
from tests.study.report.studies import SKILLS, failed, studied


def test_a_cell_that_failed_or_was_not_computed_says_so_and_is_left_out():
    found = studied()
    lacking = replace(found, known=[failed(found.known[0], "no memory"), *found.known[1:]])
    assert lacking.known[0].lacks == "error: no memory"
    assert replace(found.known[0], predicted=None).lacks == "not computed"
    assert set(found.curves.tables["tf_idf"]["5%"]) - set(lacking.curves.tables["tf_idf"]["5%"]) == {1}


def test_techniques_that_choose_their_rows_have_curves_of_their_own():
    found = studied({**SKILLS, "chosen_at_random": {"5%": 0.6, "10%": 0.7}})
    assert list(found.curves.tables) == list(SKILLS)
    assert found.choosing and found.choosing.strategies == []
    assert studied().choosing is None


def test_models_are_known_by_what_they_predict():
    assert studied().models == studied().models
    assert studied().models != studied(seed=1).models


def test_without_any_result_the_next_command_and_what_failed_are_named(tokenized):
    with pytest.raises(UserError, match="no cell of the study is computed: `make study`"):
        cells.read()
    known = cells.plan.cells(cells.rows.read("test"), cells.load().study)
    files.store_failure(known[0].name, Failure(cell=known[0].title, kind="lost", reason="it was ended"))
    with pytest.raises(UserError, match="tf_idf 2 a class, draw 1: lost: it was ended"):
        cells.read()


def test_a_damaged_cell_is_named_with_what_to_do(tokenized):
    known = cells.plan.cells(cells.rows.read("test"), cells.load().study)
    files.store(known[0].name, b"nothing")
    with pytest.raises(UserError, match=rf"{known[0].name}.parquet is damaged .*delete it and run `make study`"):
        cells.read()
    assert Path(files.place(known[0].name)).is_file()

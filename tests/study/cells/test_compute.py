"""One cell computed."""

import sys
from types import ModuleType

import numpy as np
import pytest

from core.base import params
from study.cells import cell, compute, files, plan, rows
from study.params import Study
from study.techniques.technique import Technique

GIVEN = []
HELD_OUT = [f"{split}-{n + 1}" for split, rows in (("validation", 6), ("test", 8)) for n in range(rows)]


@pytest.fixture
def spying(tokenized, monkeypatch):
    """A technique that notes what it is given, and predicts what the test says."""

    def install(table: np.ndarray, **traits: bool) -> cell.Cell:
        module = ModuleType("study.techniques.spy")
        module.TECHNIQUE = Technique(
            title="spy",
            description="",
            parameters=lambda: (),
            predict=lambda given: [GIVEN.append(given), table][1],
            **traits,
        )
        monkeypatch.setitem(sys.modules, "study.techniques.spy", module)
        compute._rows.cache_clear()
        known = plan.cells(rows.read("test"), params.load(Study))
        half = next(each for each in known if each.size == "50%")
        return half.model_copy(update={"technique": "spy"})

    yield install
    compute._rows.cache_clear()


def test_a_technique_is_given_its_draw_and_nothing_of_what_it_must_predict_but_texts(spying):
    wanted = spying(np.full((14, 2), 0.5))
    compute.compute(wanted)
    given = GIVEN.pop()
    assert given.rows["row_id"][:] == given.texts["row_id"].tolist() == [f"train-{n + 1}" for n in wanted.drawn]
    assert set(given.copies["parent"]) <= set(given.rows["row_id"])
    assert given.scored["row_id"][:] == given.scored_texts["row_id"].tolist() == HELD_OUT
    assert set(given.start["row_id"]) <= set(given.rows["row_id"]) and len(given.pool) == 12
    assert given.seed == wanted.seed and given.decision.classes == 2
    assert "labels" not in given.scored.column_names and "label" not in given.scored_texts


def test_what_is_predicted_stands_in_the_file_in_the_order_of_the_scored_rows(spying):
    table = np.arange(28).reshape(14, 2) / 28
    wanted = spying(table, augmented=True)
    files.store(wanted.name, compute.compute(wanted))
    read, computed = cell.read(wanted.name)
    assert np.array_equal(cell.probabilities(read, HELD_OUT, wanted.name), table)
    assert computed.copies == (1 if 0 in wanted.drawn else 0)


def test_what_is_no_number_is_refused_by_the_cells_name(spying):
    with pytest.raises(compute.NotFinite, match="spy 50%, draw 1"):
        compute.compute(spying(np.full((14, 2), np.nan)))

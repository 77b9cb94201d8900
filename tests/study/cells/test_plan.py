"""The grid, and the names of its cells: what they depend on gives another name, and nothing else does."""

from pathlib import Path

import pandas as pd
import pytest

from core.base import params
from study.cells import plan, rows, sources
from study.cells.cell import Cell
from study.params import Study
from tasks.tokenization.__main__ import main as tokenization


def planned() -> dict[tuple[str, str, int], Cell]:
    plan._shared.cache_clear()
    sources.sources.cache_clear()
    known = plan.cells(rows.read(plan.scored_split()), params.load(Study))
    return {(cell.technique, cell.size, cell.repetition): cell for cell in known}


def names(cells: dict[tuple[str, str, int], Cell]) -> dict[tuple[str, str, int], str]:
    return {key: cell.name for key, cell in cells.items()}


def test_every_technique_has_the_same_draws_of_every_size(tokenized):
    cells = planned()
    draws = [("2 a class", 1), ("2 a class", 2), ("50%", 1), ("100%", 1)]
    assert list(cells) == [(name, *draw) for name in ("tf_idf", "frozen_encoder") for draw in draws]
    for draw in draws:
        assert cells["tf_idf", *draw].drawn == cells["frozen_encoder", *draw].drawn
    assert {cell.labels for cell in cells.values()} == {4, 6, 12}
    assert all(set(cell.start) <= set(cell.drawn) and len(cell.start) == 4 for cell in cells.values())


def test_a_wider_grid_leaves_the_names_of_its_cells_as_they_were(tokenized):
    before = names(planned())
    repetitions = {"few": 3, "many": 2, "all": 2}
    tokenized({"study.sizes": {"per_class": [2, 3], "shares": [0.5, 1.0]}, "study.repetitions": repetitions})
    after = names(planned())
    assert len(after) > len(before)
    assert {key: after[key] for key in before} == before


def test_a_size_of_as_many_rows_as_another_is_asked_for_once(tokenized):
    tokenized({"study.sizes": {"per_class": [3, 64], "shares": [0.5, 1.0]}})
    assert {size for _, size, _ in planned()} == {"50%", "100%"}


def test_a_technique_is_tried_on_no_larger_size_than_it_may(tokenized):
    tokenized({"study.largest": {"tf_idf": 2}})
    cells = planned()
    assert {size for name, size, _ in cells if name == "tf_idf"} == {"2 a class"}
    assert {size for name, size, _ in cells if name == "frozen_encoder"} == {"2 a class", "50%", "100%"}


@pytest.mark.parametrize(
    ("changes", "changed"),
    [
        ({"baseline.regularization": [1.0]}, {"tf_idf", "frozen_encoder"}),
        ({"model.pretrained_only": True}, {"frozen_encoder"}),
        ({"study.seed": 14}, {"tf_idf", "frozen_encoder"}),
        ({"evaluation.primary": "accuracy"}, {"tf_idf", "frozen_encoder"}),
        ({"finetuning.epochs": 3, "report.show_texts": True, "evaluation.margin": 0.01}, set()),
        ({"study.contrastive": {"pairs": 3, "epochs": 1}}, set()),
    ],
)
def test_the_parameters_that_a_technique_reads_are_part_of_its_cells_names(tokenized, changes, changed):
    before = names(planned())
    tokenized(changes)
    after = names(planned())
    assert {key[0] for key in before if before[key] != after[key]} == changed


def test_a_row_that_says_something_else_renames_the_cells_that_learn_from_it(tokenized):
    before = planned()
    path = Path("data/validated/train.parquet")
    texts = pd.read_parquet(path)
    texts.loc[3, "text"] = "severe rash"
    texts.to_parquet(path, index=False)
    tokenization()
    after = planned()
    changed = {key for key in before if before[key].name != after[key].name}
    assert changed == {key for key, cell in before.items() if 3 in cell.drawn}
    assert changed != set(before)


def test_labels_of_rows_to_predict_are_no_part_of_a_name_and_their_texts_are(tokenized):
    before = names(planned())
    path = Path("data/validated/test.parquet")
    texts = pd.read_parquet(path)
    texts.assign(label=texts["label"].to_numpy()[::-1]).to_parquet(path, index=False)
    tokenization()
    assert names(planned()) == before
    texts.loc[0, "text"] = "another one"
    texts.to_parquet(path, index=False)
    tokenization()
    assert not set(names(planned()).values()) & set(before.values())


def test_opening_the_test_split_costs_no_cell(tokenized):
    opened = names(planned())
    assert plan.scored_split() == "test"
    tokenized({"evaluation.test": "sealed"})
    assert plan.scored_split() == "validation"
    assert names(planned()) == opened


def test_another_version_of_a_package_or_of_a_source_file_renames_all(tokenized, monkeypatch):
    before = names(planned())
    monkeypatch.setattr(plan, "versions", lambda: {"torch": "1"})
    assert not set(names(planned()).values()) & set(before.values())


def test_the_random_numbers_of_a_technique_that_has_none_are_no_part_of_its_name(tokenized):
    tokenized({"study.repetitions": {"few": 2, "many": 3, "all": 3}})
    cells = planned()
    assert len({cells["tf_idf", "100%", number].name for number in (1, 2, 3)}) == 1
    assert len({cells["tf_idf", "50%", number].name for number in (1, 2, 3)}) == 3

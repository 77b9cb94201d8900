"""What cells are computed from, as a project of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.base import params
from study.cells import cell, compute, plan, rows, snapshot
from study.params import Study

CODE = """
import sys; from study.cells.cell import Cell; from study.cells.compute import compute
sys.stdout.buffer.write(compute(Cell.model_validate_json(sys.stdin.read())))
"""


def first(technique: str) -> cell.Cell:
    known = plan.cells(rows.read("test"), params.load(Study))
    return next(each for each in known if each.technique == technique)


def computed_in(folder: Path, wanted: cell.Cell) -> bytes:
    ended = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=folder,
        input=wanted.model_dump_json().encode(),
        capture_output=True,
        check=True,
    )
    return ended.stdout


@pytest.mark.parametrize("technique", ["tf_idf", "frozen_encoder"])
def test_a_cell_computed_in_a_snapshot_is_that_of_the_project(tokenized, tmp_path, technique):
    snapshot.take(tmp_path / "snapshot")
    wanted = first(technique)
    assert computed_in(tmp_path / "snapshot", wanted) == compute.compute(wanted)


def test_a_change_of_the_project_in_the_middle_of_a_study_is_not_seen_in_it(tokenized, tmp_path):
    wanted = first("frozen_encoder")
    snapshot.take(tmp_path / "snapshot")
    before = computed_in(tmp_path / "snapshot", wanted)
    for path in [*Path("data/tokenized/train").glob("*.arrow"), *Path("models/pretrained/encoder").glob("*")]:
        path.unlink()
    tokenized({"baseline.regularization": [0.001]})
    assert computed_in(tmp_path / "snapshot", wanted) == before


def test_a_snapshot_has_what_cells_need_and_no_more(tokenized, tmp_path):
    snapshot.take(tmp_path / "snapshot")
    names = [path.relative_to(tmp_path / "snapshot").as_posix() for path in (tmp_path / "snapshot").rglob("*")]
    assert {"params.yaml", "study/cells/compute.py", "data/validated/test.parquet"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]

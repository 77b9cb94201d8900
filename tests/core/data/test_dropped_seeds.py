"""Seeds that are dropped leave nothing in what later stages read."""

from pathlib import Path

import pytest

from core.base import paths
from core.data import dropped_seeds

LOCK = """schema: '2.0'
stages:
  finetuning@1:
    cmd: python -m tasks.finetuning 1
    outs:
    - path: models/seeds/1
  finetuning@11:
    cmd: python -m tasks.finetuning 11
  evaluation:
    cmd: python -m tasks.evaluation
"""


@pytest.fixture
def of_seeds() -> None:
    for seed in (1, 11):
        Path(f"models/seeds/{seed}").mkdir(parents=True)
        Path(f"models/seeds/{seed}/model.safetensors").touch()
        Path("reports/training").mkdir(parents=True, exist_ok=True)
        Path(f"reports/training/{seed}.json").touch()
    Path("models/seeds/.gitignore").touch()
    paths.LOCK.write_text(LOCK, encoding="utf-8")


def left() -> set[str]:
    return {path.name for folder in ("models/seeds", "reports/training") for path in Path(folder).iterdir()}


def test_its_model_its_log_and_its_entry_in_dvc_lock_are_removed_and_nothing_else(of_seeds):
    dropped_seeds.remove([1])
    assert left() == {"1", "1.json", ".gitignore"}
    assert paths.LOCK.read_text(encoding="utf-8") == LOCK.replace(
        "  finetuning@11:\n    cmd: python -m tasks.finetuning 11\n", ""
    )


def test_a_seed_whose_number_begins_like_one_that_stays_is_told_from_it(of_seeds):
    dropped_seeds.remove([11])
    assert left() == {"11", "11.json", ".gitignore"}
    assert "finetuning@1:" not in paths.LOCK.read_text(encoding="utf-8")


def test_where_no_seed_is_dropped_no_file_is_written(of_seeds):
    before = paths.LOCK.stat()
    dropped_seeds.remove([1, 11, 12])
    assert paths.LOCK.stat() == before and len(left()) == 5


def test_a_project_without_any_of_them_is_left_alone():
    dropped_seeds.remove([1])
    assert list(Path().iterdir()) == []

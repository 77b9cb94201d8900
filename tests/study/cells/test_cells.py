"""`python -m study.cells`: what is missing is computed, and nothing else."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.base.errors import UserError
from study.cells import __main__ as cells
from study.cells import cell

ROOT = Path(__file__).parents[3]


def there() -> dict[str, tuple[int, bytes]]:
    """Return the cells' files by name: when they were written, and what they hold."""
    files = Path("data/study/cells").glob("*.parquet")
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_what_is_there_is_not_computed_again_and_a_wider_grid_only_what_is_new(tokenized):
    cells.main()
    first = there()
    assert len(first) == 8
    cells.main()
    assert there() == first
    tokenized({"study.repetitions": {"few": 3, "many": 1, "all": 1}})
    cells.main()
    assert len(there()) == 10 and first.items() <= there().items()


def test_a_cell_that_a_grid_leaves_out_is_put_aside_and_brought_back_by_a_wider_one(tokenized, capsys):
    cells.main()
    before = there()
    tokenized({"study.techniques": ["tf_idf"]})
    cells.main()
    assert len(there()) == 4 and there().items() <= before.items()
    assert "4 cells that this grid leaves out are in data/study/spare" in capsys.readouterr().out
    tokenized()
    cells.main()
    assert there() == before


def test_a_technique_that_fails_is_named_and_the_others_go_on(tokenized, capfd):
    tokenized({"study.techniques": ["tf_idf", "frozen_encoder"], "model.pretrained_only": True})  # the encoder is none
    cells.main()
    assert len(there()) == 4
    printed = capfd.readouterr()
    assert "4 of 8 cells are there" in printed.out
    assert "frozen_encoder 2 a class, draw 1 failed: error: " in printed.err and "Traceback" not in printed.out
    failures = [cell.read_failure(path.name.split(".")[0]) for path in Path("data/study/cells").glob("*.failed.json")]
    assert len(failures) == 4 and {each.kind for each in failures} == {"error"}
    cells.main()  # as the flow does when it has tried them
    assert "failed: error" not in capfd.readouterr().err


def test_what_has_failed_is_planned_again_and_not_computed_again_after_that(tokenized, tmp_path, capfd):
    tokenized({"study.techniques": ["frozen_encoder"], "model.pretrained_only": True})  # the encoder is none
    cells.main()
    failures = {path: path.stat().st_mtime_ns for path in Path("data/study/cells").glob("*.failed.json")}
    cells.main()
    assert failures and {path: path.stat().st_mtime_ns for path in failures} == failures
    assert "0 of 4 cells are there; `make study` tries the others again" in capfd.readouterr().out
    assert len(cells.plan_into(tmp_path / "planned")) == 4


def test_what_a_killed_run_was_writing_goes(tokenized):
    tokenized({"study.techniques": ["tf_idf"]})
    Path("data/study/cells/.0123.parquet.partial").mkdir(parents=True)
    cells.main()
    assert {path.suffix for path in Path("data/study/cells").iterdir()} == {".parquet"}


def test_a_study_that_is_killed_goes_on_where_it_was_to_the_same_bytes(tokenized):
    command = [sys.executable, "-m", "study.cells"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(command, env=environment, start_new_session=True)
    while len(there()) < 2 and running.poll() is None:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    first = there()
    subprocess.run(command, env=environment, check=True)
    assert first and first.items() <= there().items()
    whole = {name: content for name, (_, content) in there().items()}
    for path in Path("data/study/cells").iterdir():
        path.unlink()
    subprocess.run(command, env=environment, check=True)
    assert {name: content for name, (_, content) in there().items()} == whole


def test_other_arguments_are_refused(tokenized):
    with pytest.raises(UserError, match="`--plan` is unknown"):
        cells.main("--plan")

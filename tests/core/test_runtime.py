"""How long stages took is noted beside the reports, and costs nothing where it can not be."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core import runtime


def seconds() -> dict[str, float]:
    return json.loads(runtime.PATH.read_text(encoding="utf-8"))


def run(module: str, *arguments: str) -> None:
    with runtime.measured(module, arguments):
        pass


def test_each_stage_is_noted_under_the_name_that_dvc_gives_it():
    run("tasks.validation")
    run("tasks.finetuning", "11")
    assert list(seconds()) == ["finetuning@11", "validation"]
    assert all(0 <= each < 60 for each in seconds().values())


def test_stages_that_end_at_once_are_all_noted():
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda seed: run("tasks.finetuning", str(seed)), range(40)))
    assert len(seconds()) == 40


def test_what_is_no_stage_or_did_not_end_well_is_not_noted():
    run("core.params")
    run("tasks.report", "--verify")
    with pytest.raises(KeyError), runtime.measured("tasks.baseline", ()):
        raise KeyError
    assert not runtime.PATH.exists()


def test_a_note_that_is_damaged_or_can_not_be_written_fails_nothing():
    runtime.PATH.parent.mkdir()
    runtime.PATH.write_text("{")
    run("tasks.validation")
    assert list(seconds()) == ["validation"]
    runtime.PATH.unlink()
    runtime.PATH.mkdir()
    run("tasks.validation")
    assert Path("reports").is_dir()

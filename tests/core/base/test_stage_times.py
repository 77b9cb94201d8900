"""How long stages took is noted beside the reports, and costs nothing where it can not be."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.base import paths, stage_times


def seconds() -> dict[str, float]:
    return json.loads(paths.STAGE_TIMES.read_text(encoding="utf-8"))


def run(module: str, *arguments: str) -> None:
    """Note a module that was started by `python -m`, as Python names it: a package by the file that it runs."""
    with stage_times.measured(module, arguments):
        pass


def test_each_stage_is_noted_under_the_name_that_dvc_gives_it():
    run("tasks.validation.__main__")
    run("tasks.finetuning.__main__", "11")
    assert list(seconds()) == ["finetuning@11", "validation"]
    assert all(0 <= each < 60 for each in seconds().values())


def test_stages_that_end_at_once_are_all_noted():
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda seed: run("tasks.finetuning.__main__", str(seed)), range(40)))
    assert len(seconds()) == 40


def test_what_is_no_stage_or_did_not_end_well_is_not_noted():
    run("tasks.params")
    run("tasks.report.gate")
    run("tasks.report.__main__", "--verify")
    with pytest.raises(KeyError), stage_times.measured("tasks.baseline.__main__", ()):
        raise KeyError
    assert not paths.STAGE_TIMES.exists()


def test_a_note_that_is_damaged_or_can_not_be_written_fails_nothing():
    paths.STAGE_TIMES.parent.mkdir()
    paths.STAGE_TIMES.write_text("{")
    run("tasks.validation.__main__")
    assert list(seconds()) == ["validation"]
    paths.STAGE_TIMES.unlink()
    paths.STAGE_TIMES.mkdir()
    run("tasks.validation.__main__")
    assert Path("reports").is_dir()

"""Outputs are whole or absent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.errors import UserError
from core.base.files import read_json, replacing, require, sha256, write_json

OUT = Path("reports/out")


def leftovers() -> list[str]:
    return [path.name for path in OUT.parent.iterdir() if path != OUT]


def test_a_file_takes_the_place_of_the_old_one():
    for content in ("old", "new"):
        with replacing(OUT) as partial:
            partial.write_text(content)
    assert OUT.read_text() == "new"
    assert leftovers() == []


def test_a_folder_takes_the_place_of_the_old_one_with_all_that_was_in_it():
    for name in ("old", "new"):
        with replacing(OUT) as partial:
            partial.mkdir()
            (partial / name).touch()
    assert [path.name for path in OUT.iterdir()] == ["new"]


def test_a_file_does_not_take_the_place_of_a_folder_and_of_what_is_in_it():
    OUT.mkdir(parents=True)
    (OUT / "the only copy").touch()
    with pytest.raises(UserError, match="reports/out is a folder"), replacing(OUT) as partial:
        partial.touch()
    assert [path.name for path in OUT.iterdir()] == ["the only copy"]


def test_a_failure_leaves_the_old_content_and_nothing_half_written():
    write_json(OUT, "old")
    with pytest.raises(ZeroDivisionError), replacing(OUT) as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert read_json(OUT) == "old"
    assert leftovers() == []


def test_a_block_that_writes_nothing_leaves_the_old_content():
    write_json(OUT, "old")
    with pytest.raises(FileNotFoundError), replacing(OUT):
        pass
    assert read_json(OUT) == "old"


def test_what_a_killed_run_left_behind_is_cleared_away():
    script = (
        "import os, signal, pathlib; from core.base.files import replacing\n"
        "with replacing(pathlib.Path('reports/out')) as partial:\n"
        "    partial.mkdir(); (partial / 'half').touch(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = str(Path(__file__).parents[3])
    killed = subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": root})
    assert killed.returncode < 0
    assert not OUT.exists()
    with replacing(OUT) as partial:
        assert not partial.exists()
        partial.mkdir()
    assert list(OUT.iterdir()) == []
    assert leftovers() == []


def test_a_second_writer_is_told_to_wait_and_harms_nothing():
    with replacing(OUT) as partial:
        partial.write_text("first")
        with pytest.raises(UserError, match="being written by another run"), replacing(OUT):
            pass
    assert OUT.read_text() == "first"


def test_what_is_missing_names_the_command_that_makes_it():
    with pytest.raises(UserError, match=r"data/x is missing. Maybe you forgot .*dvc repro"):
        require(Path("data/x"))


def test_json_that_is_damaged_is_named():
    OUT.parent.mkdir()
    OUT.write_text("{")
    with pytest.raises(UserError, match="reports/out is damaged"):
        read_json(OUT)


def test_json_keeps_the_order_of_its_keys_and_ends_in_a_newline():
    write_json(OUT, {"b": "é", "a": 1})
    assert OUT.read_text(encoding="utf-8") == '{\n  "b": "é",\n  "a": 1\n}\n'


def test_the_hash_is_of_the_bytes():
    Path("x").write_bytes(b"abc")
    assert sha256(Path("x")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

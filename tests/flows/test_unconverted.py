"""Files that go through git as they are, whatever git is told to make of them."""

import subprocess
from pathlib import Path

import pytest

from flows import unconverted
from flows.subprocesses import git

FILES = {
    "windows.csv": b"a\r\n1\r\n",
    "unix.csv": b"a\n1\n",
    "wide.txt": "\ufeffa".encode("utf-16-le"),
    "id.py": b"# $Id$\n",
}
ATTRIBUTES = "* text=auto\nwide.txt working-tree-encoding=UTF-16LE-BOM\n*.py ident\n*.secret filter=rot\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    subprocess.run(["git", "init", "--quiet", str(home)], check=True)
    git(home, "config", "core.autocrlf", "input")
    git(home, "config", "filter.rot.clean", "tr a-m n-z")
    git(home, "config", "filter.rot.smudge", "tr n-z a-m")
    (home / ".gitattributes").write_text(ATTRIBUTES)
    for name, content in FILES.items():
        (home / name).write_bytes(content)
    (home / "a.secret").write_bytes(b"abc")
    git(home, "add", "--all")
    git(home, "commit", "--quiet", "-m", "converted")
    return home


def committed(home, *unknown):
    return git(home, "commit-tree", unconverted.tree(home, unknown), "-p", "HEAD", "-m", "as it is")


def test_a_tree_has_the_bytes_of_the_workspace_and_what_a_filter_hides(home):
    (home / "new.csv").write_bytes(b"x\r\n")
    commit = committed(home, "new.csv")
    for name, content in (FILES | {"new.csv": b"x\r\n", "a.secret": b"nop"}).items():
        assert subprocess.check_output(["git", "-C", home, "cat-file", "blob", f"{commit}:{name}"]) == content


def test_a_clone_that_converts_has_them_too_at_one_commit_after_the_other(home, tmp_path):
    place = tmp_path / "place"
    subprocess.run(["git", "clone", "--quiet", "--config", "core.autocrlf=true", home, place], check=True)
    assert (place / "unix.csv").read_bytes() == b"a\r\n1\r\n"
    for changed in ({}, {"unix.csv": b"b\n", "windows.csv": b"b\r\n"}, {}):
        for name, content in changed.items():
            (home / name).write_bytes(content)
        commit = committed(home)
        git(place, "fetch", "--quiet", str(home), commit)
        unconverted.checkout(place, commit)
        for name in FILES:
            assert (place / name).read_bytes() == (home / name).read_bytes(), name


def test_what_is_taken_out_of_a_commit_has_them(home):
    commit = committed(home)
    (home / "windows.csv").unlink()
    (home / "wide.txt").write_text("another")
    unconverted.take(home, commit, ["windows.csv", "wide.txt"])
    assert (home / "windows.csv").read_bytes() == FILES["windows.csv"]
    assert (home / "wide.txt").read_bytes() == FILES["wide.txt"]


def test_names_are_more_than_a_command_line_takes(home):
    many = [f"many/{number:05}-{'n' * 90}" for number in range(25000)]
    (home / "many").mkdir()
    for name in many:
        (home / name).touch()
    commit = committed(home, *many)
    unconverted.take(home, commit, ["many"])
    assert len(list((home / "many").iterdir())) == len(many)

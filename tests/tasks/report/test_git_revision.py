"""A file as another revision has it, from git or from DVC, or None where nobody has its bytes any more."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.base.errors import UserError
from tasks.report import git_revision

IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.org")


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(params=[".", "sub folder/project"])
def before(request, tmp_path, monkeypatch) -> git_revision.Revision:
    """The first of two commits of a DVC project, whose stage has made another file since; case 22: in a sub-folder."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    run("git", "init", "--quiet", "top")
    project = tmp_path / "top" / request.param
    project.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(project)
    run("dvc", "init", "--quiet", "--subdir")
    Path("dvc.yaml").write_text("stages:\n  count:\n    cmd: cp note.txt data/\n    outs: [data/note.txt]\n")
    for number in ("one", "two"):
        Path("data").mkdir(exist_ok=True)
        Path("note.txt").write_text(number)
        run("dvc", "repro", "--quiet", "--force")
        run("git", "add", "--all")
        run("git", *IDENTITY, "commit", "--quiet", "--message", number)
    return git_revision.find("HEAD~1")


def test_files_of_git_and_of_dvc_come_as_the_revision_had_them(before, tmp_path):
    path, target = Path("data/note.txt"), tmp_path / "fetched"
    target.mkdir()
    assert git_revision.text(before, Path("note.txt")) == "one"
    assert git_revision.fetched(before, path, target).read_text() == "one"
    assert path.read_text() == "two"


def test_what_nobody_has_any_more_is_none(before, tmp_path):
    shutil.rmtree(".dvc/cache")
    assert git_revision.fetched(before, Path("data/note.txt"), tmp_path) is None
    assert git_revision.fetched(before, Path("data/never.txt"), tmp_path) is None
    assert git_revision.text(before, Path("never.txt")) is None


def test_a_revision_is_found_by_any_name_and_an_unknown_one_is_named(before):
    assert git_revision.find(before.sha[:8]).sha == before.sha
    for name in ("nowhere", "--help"):
        with pytest.raises(UserError, match=f"{name} is no revision of this git repository: `git fetch` it"):
            git_revision.find(name)


def test_a_folder_without_git_is_said_to_be_one():  # case 22
    with pytest.raises(UserError, match="is in no git repository, so there is no HEAD"):
        git_revision.find("HEAD")


def test_a_shallow_clone_is_told_how_it_gets_earlier_revisions(before, tmp_path, monkeypatch):
    top = git_revision.ran("git", "rev-parse", "--show-toplevel").stdout.strip()
    run("git", "clone", "--quiet", "--depth", "1", f"file://{top}", str(tmp_path / "shallow"))
    monkeypatch.chdir(tmp_path / "shallow")
    with pytest.raises(UserError, match="HEAD~1 is no revision of this git repository: `git fetch --unshallow`"):
        git_revision.find("HEAD~1")
    run("git", "fetch", "--quiet", "--unshallow")
    assert git_revision.find("HEAD~1").sha == before.sha

"""Files that go through git as they are, whatever git is told to make of them."""

import subprocess
from pathlib import Path

import pytest

from core.base.errors import UserError
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


def hiding(folder: Path, attributes: str = ".gitattributes") -> Path:
    """Return a repository in which a filter's attribute stands in a file, and what hides is not said yet."""
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    (folder / attributes).parent.mkdir(exist_ok=True)
    (folder / attributes).write_text("*.secret filter=hide")
    (folder / "a.secret").write_text("hunter\n")
    return folder


def snapshot_of(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "hidden")
    assert git(folder, "show", "HEAD:a.secret") == "xxxxxx"
    return git(folder, "show", f"{unconverted.tree(folder, [])}:a.secret")


HIDE = 'tr "a-z" x;# \\'


@pytest.mark.parametrize("name", ["C#", "a;b", 'quo"te'])
def test_a_filter_hides_whatever_the_project_is_called(tmp_path, name):
    folder = hiding(tmp_path / name)
    git(folder, "config", "filter.hide.clean", HIDE)
    assert snapshot_of(folder) == "xxxxxx"


def test_a_filter_hides_wherever_git_is_told_of_it(tmp_path, monkeypatch):
    folder = hiding(tmp_path / "named", ".git/info/attributes")
    git(folder, "config", "filter.hide.clean", HIDE)
    assert snapshot_of(folder) == "xxxxxx"

    folder = hiding(tmp_path / "included")
    git(folder, "config", "--file", str(tmp_path / "hide"), "filter.hide.clean", HIDE)
    git(
        folder, "config", "--file", str(tmp_path / "global"), f"includeIf.gitdir:{folder}/.path", str(tmp_path / "hide")
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "global"))
    assert snapshot_of(folder) == "xxxxxx"

    folder = hiding(tmp_path / "of-a-worktree")
    git(folder, "config", "extensions.worktreeConfig", "true")
    git(folder, "config", "--worktree", "filter.hide.clean", HIDE)
    assert snapshot_of(folder) == "xxxxxx"

    folder = hiding(tmp_path / "with-a-key")
    (folder / ".git/git-crypt").mkdir()
    (folder / ".git/git-crypt/key").write_text("x")
    git(folder, "config", "filter.hide.clean", 'tr a-z "$(cat "$(git rev-parse --git-dir)/git-crypt/key")"')
    assert snapshot_of(folder) == "xxxxxx"


def test_what_a_filter_is_to_hide_that_git_is_not_told_of_is_refused_once_it_differs(tmp_path):
    folder = hiding(tmp_path / "told")
    with pytest.raises(UserError, match=r"a\.secret has filter=hide .*`git config filter\.hide\.clean COMMAND`"):
        unconverted.tree(folder, ["a.secret"])
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "as it is")
    unconverted.tree(folder, [])  # it is in HEAD as it is, as where git-crypt is locked
    (folder / "a.secret").write_text("another\n")
    with pytest.raises(UserError, match=r"filter=hide"):
        unconverted.tree(folder, [])


@pytest.mark.parametrize("kind", [[], ["--object-format=sha256"]])
def test_ordinary_settings_of_git_are_borne(tmp_path, kind):
    folder = tmp_path / "set"
    subprocess.run(["git", "init", "--quiet", *kind, str(folder)], check=True)
    for name, value in (("core.splitIndex", "true"), ("submodule.recurse", "true"), ("alias.two", '!a\n\tb \\ "c"')):
        git(folder, "config", name, value)
    for name in ("one", "two"):
        (folder / name).write_text(f"{name}\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "one")
    git(folder, "update-index", "--split-index")
    for content in ("2\n", "3\n"):
        (folder / "one").write_text(content)
        commit = committed(folder)
        assert git(folder, "show", f"{commit}:one") == content.strip()
        unconverted.checkout(folder, commit)
        unconverted.take(folder, commit, ["two"])
        assert (folder / "two").read_text() == "two\n"

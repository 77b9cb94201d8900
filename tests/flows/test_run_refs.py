"""Refs of a run's own on a git remote."""

import subprocess
from pathlib import Path

import pytest

from core.base.errors import UserError
from flows import run_refs
from flows.run_lock import locked
from flows.subprocesses import git


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository whose remote is a bare one beside it."""
    return cloned(tmp_path / "clone", tmp_path / "bare.git")


def cloned(folder: Path, bare: Path) -> Path:
    for command in (f"git init -q --bare {bare}", f"git init -q {folder}", f"git -C {folder} remote add origin {bare}"):
        subprocess.run(command.split(), check=True)
    (folder / "known.txt").write_text("1\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "one")
    return folder


def there(folder: Path) -> list[str]:
    return [line.partition("\t")[2] for line in git(folder, "ls-remote", "origin").splitlines()]


def test_a_snapshot_has_what_is_in_the_workspace_and_neither_index_nor_branch_moves(clone):
    (clone / "known.txt").write_text("2\n")
    (clone / "new.txt").write_text("new\n")
    (clone / "other.txt").write_text("not named\n")
    (clone / ".gitignore").write_text("ignored.txt\n")
    (clone / "ignored.txt").write_text("named\n")
    before = git(clone, "status", "--porcelain"), git(clone, "rev-parse", "HEAD")
    commit = run_refs.snapshot(clone, ["new.txt", "ignored.txt", "not there"], "all")
    assert git(clone, "ls-tree", "-r", "--name-only", commit).split() == ["ignored.txt", "known.txt", "new.txt"]
    assert git(clone, "show", f"{commit}:known.txt") == "2"
    assert before == (git(clone, "status", "--porcelain"), git(clone, "rev-parse", "HEAD"))


def test_what_is_taken_replaces_files_and_folders_and_leaves_all_else(clone):
    (clone / "folder").mkdir()
    (clone / "folder/one").write_text("theirs\n")
    commit = run_refs.snapshot(clone, ["folder/one"], "theirs")
    (clone / "folder/two").write_text("mine\n")
    (clone / "known.txt").write_text("mine\n")
    run_refs.take(clone, commit, ["folder", "gone"])
    assert [path.name for path in (clone / "folder").iterdir()] == ["one"]
    assert (clone / "known.txt").read_text() == "mine\n"


def test_two_stages_add_to_one_gitignore(clone):
    before = run_refs.snapshot(clone, [], "before")
    (clone / ".gitignore").write_text("/one\n")
    one = run_refs.snapshot(clone, [".gitignore"], "one")
    (clone / ".gitignore").write_text("/two\n")
    run_refs.take_ignored(clone, before, one)
    assert (clone / ".gitignore").read_text() == "/two\n/one\n"


def test_a_gitignore_may_have_bytes_that_are_no_utf_8(clone):
    before = run_refs.snapshot(clone, [], "before")
    (clone / ".gitignore").write_bytes(b"/caf\xe9\n/one\n")
    one = run_refs.snapshot(clone, [".gitignore"], "one")
    (clone / ".gitignore").write_bytes(b"/caf\xe9\n/two\n")
    run_refs.take_ignored(clone, before, one)
    assert (clone / ".gitignore").read_bytes() == b"/caf\xe9\n/two\n/one\n"


def test_a_run_leaves_no_ref_and_removes_those_of_killed_runs_of_this_clone_alone(clone, tmp_path):
    other = cloned(tmp_path / "other", tmp_path / "bare.git")
    commit = git(clone, "rev-parse", "HEAD")
    with run_refs.refs_of(other, "theirs") as theirs, run_refs.refs_of(clone, "killed") as killed:
        run_refs.push(other, git(other, "rev-parse", "HEAD"), f"{theirs}/x")
        run_refs.push(clone, commit, f"{killed}/x")
        with run_refs.refs_of(clone, "beside"):  # of a run that lives
            assert there(clone) == sorted([f"{theirs}/x", f"{killed}/x"])
    assert there(clone) == []
    run_refs.push(clone, commit, f"{killed}/x")
    run_refs.push(clone, commit, f"{theirs}/x")
    with run_refs.refs_of(clone, "next"):
        assert there(clone) == [f"{theirs}/x"]


def test_a_result_is_not_pushed_where_the_run_that_waits_for_it_has_ended(clone):
    before = git(clone, "rev-parse", "HEAD")
    result = git(clone, "commit-tree", f"{before}^{{tree}}", "-p", before, "-m", "result")
    ref = "refs/acclimate/a/b"
    assert not run_refs.push_result(clone, result, ref, before)
    assert there(clone) == []
    run_refs.push(clone, before, ref)
    assert run_refs.push_result(clone, result, ref, before)
    assert run_refs.fetch(clone, ref) == result


def test_a_remote_that_refuses_or_is_gone_is_named_with_what_it_says(clone, tmp_path):
    commit = git(clone, "rev-parse", "HEAD")
    hook = tmp_path / "bare.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho no refs here >&2; exit 1\n")
    hook.chmod(0o755)
    with pytest.raises(UserError, match=r"'origin' does not take a ref below refs/acclimate(.|\n)*no refs here"):
        run_refs.push(clone, commit, "refs/acclimate/a/b")
    (tmp_path / "bare.git").rename(tmp_path / "gone.git")
    with pytest.raises(UserError, match="'origin', which does not answer"), run_refs.refs_of(clone, "run"):
        pass


def test_names_of_stages_give_refs_that_differ(clone):
    names = ["train@1", "train-1", "a b/dvc.yaml:x@ü", "x" * 300]
    refs = [f"refs/acclimate/{run_refs.slug(name)}" for name in names]
    assert len(set(refs)) == len(names)
    for ref in refs:
        git(clone, "check-ref-format", ref)


def test_a_lock_that_a_live_run_holds_is_no_leftover(clone):
    with run_refs.refs_of(clone, "live"), pytest.raises(BlockingIOError), locked(clone / ".git/acclimate/live.lock"):
        pass


def test_a_clone_knows_the_refs_of_its_own_runs_in_its_worktrees_too(clone, tmp_path):
    git(clone, "worktree", "add", "--quiet", "--detach", str(tmp_path / "inside"))
    with run_refs.refs_of(clone, "a-run") as refs:
        assert run_refs.is_own(clone, f"{refs}/stage") and run_refs.is_own(tmp_path / "inside", f"{refs}/stage")
        other = cloned(tmp_path / "other", tmp_path / "other.git")
        assert not run_refs.is_own(other, f"{refs}/stage")


def test_ordinary_settings_of_git_are_borne_and_nothing_is_left_where_a_run_pushes_to(clone, tmp_path):
    fork = tmp_path / "fork.git"
    git(tmp_path, "init", "--quiet", "--bare", str(fork))
    settings = (("push.gpgSign", "true"), ("remote.origin.mirror", "true"), ("remote.origin.pushurl", str(fork)))
    for name, value in settings:
        git(clone, "config", name, value)
    commit = git(clone, "rev-parse", "HEAD")
    with run_refs.refs_of(clone, "run") as refs:
        run_refs.push(clone, commit, f"{refs}/x")
        assert run_refs.fetch(clone, f"{refs}/x") == commit
        assert git(fork, "for-each-ref")
    assert git(fork, "for-each-ref") == ""

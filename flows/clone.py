"""A machine's own clone of the project, in which it runs stages for others: brought to what a run works on."""

import json
import os
import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.base import packages
from core.base.errors import UserError
from core.base.messages import listed
from flows import lock_entries, run_refs, unconverted
from flows.dvc_project import Stage, changes_by_stage, has_remote
from flows.ready import make_ready
from flows.subprocesses import git, git_paths, output

LAST = f"{run_refs.REFS}/last"  # in the clone alone: what it has been brought to
RESULTS = f"{run_refs.REFS}/results"  # what each stage last gave here
CHECKOUT = ("dvc", "--wait-for-lock", "checkout", "--force", "--allow-missing")  # and nothing unused stays


def bring(folder: Path, ref: str) -> str:
    """Bring the clone to what a ref of the git remote holds; return the commit.

    Raises UserError where somebody else works in it.
    """
    top = run_refs.top_of(folder)
    tidy(top)  # after a stage that was killed
    if changed := _changed(top):
        raise UserError(
            f"{top} is somebody's workspace: its commit has another {listed(changed)}. Start the worker in a clone of "
            f"its own: `{shlex.join(['git', 'clone', _url(top), 'PLACE'])}`"
        )
    commit = run_refs.fetch(top, ref)
    if lost := set(_untracked(top)).intersection(git_paths(top, "ls-tree", "-r", "--name-only", commit)):
        raise UserError(f"{listed(sorted(lost))} would be lost in {top}, where git does not know it: move it elsewhere")
    _note(top, Begun(commit))
    unconverted.checkout(top, commit)
    if (top / ".gitmodules").is_file():
        git(top, "submodule", "update", "--quiet", "--init", "--recursive", GIT_TERMINAL_PROMPT="0")
    git(top, "update-ref", LAST, commit)
    _note(top, Begun(commit, _untracked(top)))
    make_ready(folder)
    return commit


@dataclass(frozen=True)
class Begun:
    """What is noted in a clone from when it is brought to a commit until it has been left tidy."""

    commit: str
    untracked: list[str] | None = None  # what was there before the stage that git does not know; None: not known yet


def tidy(folder: Path) -> None:
    """Undo what a stage has left in the clone, and nothing where it has been left tidy: what is there is somebody's."""
    top = run_refs.top_of(folder)
    if (begun := _begun(top)) and _is_ours(top, begun.commit):
        (top / git(top, "rev-parse", "--git-path", "index.lock")).unlink(missing_ok=True)  # of a git that was killed
        if begun.untracked is not None:
            for name in set(_untracked(top)) - set(begun.untracked):
                _remove(top / name)
        unconverted.checkout(top, git(top, "rev-parse", "HEAD"))
    _note_file(top).unlink(missing_ok=True)


def _is_ours(top: Path, begun: str = "") -> bool:
    """Whether the clone is where a run of this flow has left it, or was about to bring it."""
    known = {git(top, "for-each-ref", "--format=%(objectname)", LAST), begun} - {""}
    return bool(known) and not git(top, "branch", "--show-current") and git(top, "rev-parse", "HEAD") in known


def _changed(top: Path) -> list[str]:
    """Return the files that are not as in the commit that is checked out."""
    if _is_ours(top):
        return unconverted.changed(top)
    return git_paths(top, "diff", "--name-only", "HEAD") if unconverted.has_commit(top) else []


def _untracked(top: Path) -> list[str]:
    return git_paths(top, "ls-files", "--others", "--exclude-standard")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():  # a repository of its own, which git names as a whole
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _note_file(top: Path) -> Path:
    return top / git(top, "rev-parse", "--git-path", "acclimate-begun.json")


def _note(top: Path, begun: Begun) -> None:
    file = _note_file(top)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(begun)), encoding="utf-8")
    os.replace(partial, file)


def _begun(top: Path) -> Begun | None:
    file = _note_file(top)
    return Begun(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def _url(top: Path) -> str:
    """Return the remote's address without a password, which may hold any of the signs between an address's parts."""
    return re.sub("//([^/:@]*:.*@|[^/]*@)", "//", git(top, "remote", "get-url", run_refs.REMOTE))


def compare_packages(folder: Path, stage: Stage) -> None:
    """Raise UserError where a package that computes in the stage has another version here than packages.yaml says."""
    if others := packages.other_versions(packages.of_stage(stage.name, folder)):
        raise UserError(
            f"another environment than where the run was started: {', '.join(others)}. Install the first there "
            f"({Path.cwd()}), or take what there is: `--other-environment`, in the UI `same_environment: false`"
        )


def pull(folder: Path, stage: Stage, inputs: Sequence[str]) -> None:
    """Bring here what a stage reads, and take away what no stage of this state has written.

    Raises UserError where something is missing.
    """
    kept = set(lock_entries.uncached(folder, stage))
    if wanted := [*inputs, *(name for name in lock_entries.persistent(folder, stage) if name not in kept)]:
        if not has_remote(folder):
            raise UserError(f"DVC has no default remote in {folder}: commit .dvc/config where the run was started")
        output(folder, "dvc", "--wait-for-lock", "fetch", "--", *wanted)
    output(folder, *CHECKOUT)
    if missing := [name for name in inputs if not (folder / name).exists()]:
        raise UserError(*(_missing(folder, stage, name, True) for name in missing))
    broken = [name for name in lock_entries.read_by(folder, stage, []) if _broken_link(folder / stage.folder / name)]
    if broken:  # which DVC does not expect
        raise UserError(*(_missing(folder / stage.folder, stage, name, False) for name in broken))
    changes = [each for each in changes_by_stage(folder, stage.name).get(stage.name, []) if isinstance(each, dict)]
    read = {name: how for change in changes for name, how in change.get("changed deps", {}).items()}
    if missing := [name for name, how in read.items() if how == "deleted"]:
        raise UserError(*(_missing(folder, stage, name, False) for name in missing))


def _missing(folder: Path, stage: Stage, name: str, is_cached: bool) -> str:
    """Return why an input is not here, and what to do."""
    what = f"{stage.name} reads {name}, which is missing at its place: "
    if is_cached:
        return (
            f"{what}it came neither by DVC's remote nor, if it was imported, from its source. "
            f"`{shlex.join(['dvc', 'status', '--cloud', '--', name])}`, where the run was started, says more"
        )
    if "://" in name:
        return f"{what}it cannot be reached from there"
    if not Path(os.path.abspath(folder / name)).is_relative_to(run_refs.top_of(folder)):
        return f"{what}it lies outside the repository, and has to be on that machine too"
    if link := _broken_link(folder / name):
        return f"{what}{link} leads to {link.readlink()}, which is not on that machine"
    add = shlex.join(["add", *(["--"] if name.startswith("-") else []), name])
    return f"{what}neither git nor DVC knows it where the run was started. `git {add}` there, or `dvc {add}`"


def _broken_link(path: Path) -> Path | None:
    return next((each for each in (path, *path.parents) if each.is_symlink() and not each.exists()), None)


def has_result(folder: Path, stage: Stage) -> bool:
    """Whether the stage has already been run here on what is here now: its result is taken then."""
    commit = git(folder, "for-each-ref", "--format=%(objectname)", f"{RESULTS}/{run_refs.slug(stage.name)}")
    if not commit:
        return False
    lock_entries.join(folder, stage, git(folder, "show", f"{commit}:./{stage.lock}"))
    kept = lock_entries.uncached(folder, stage)
    if _is_of_this(folder, stage, commit):
        run_refs.take(folder, commit, kept)
        lock_entries.make_empty_folders(folder, stage)
        output(folder, *CHECKOUT, "--", stage.name)
        if not changes_by_stage(folder, stage.name):
            return True
        run_refs.take(folder, "HEAD", kept)
    run_refs.take(folder, "HEAD", [stage.lock])
    output(folder, *CHECKOUT)
    return False


def _is_of_this(folder: Path, stage: Stage, result: str) -> bool:
    """Whether the entry that dvc.lock has of a result says what the stage would be run on now."""
    changes = changes_by_stage(folder, stage.name).get(stage.name, [])
    adds_to = lock_entries.persistent(folder, stage)
    return all(isinstance(change, dict) and set(change) == {"changed outs"} for change in changes) and all(
        _at(folder, "HEAD", name) == _at(folder, f"{result}^", name) for name in adds_to
    )


def _at(folder: Path, commit: str, name: str) -> str:
    """Return the id of a file in a commit; empty where it is not there."""
    return git(folder, "ls-tree", "--object-only", commit, "--", name)


def keep_result(folder: Path, stage: Stage) -> str:
    """Return a commit of what came out, which is kept here for a run that comes back for it."""
    ignored = git_paths(folder, "ls-files", "--others", "--exclude-standard", "--", ":(top,glob)**/.gitignore")
    files = [stage.lock, *lock_entries.uncached(folder, stage), *ignored]
    commit = run_refs.snapshot(folder, files, f"What came of {stage.name}")
    git(folder, "update-ref", f"{RESULTS}/{run_refs.slug(stage.name)}", commit)
    top = run_refs.top_of(folder)
    if begun := _begun(top):
        _note(top, replace(begun, commit=commit))
    unconverted.checkout(top, commit)
    git(folder, "update-ref", LAST, commit)
    return commit

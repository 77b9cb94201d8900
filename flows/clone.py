"""A machine's own clone of the project, in which it runs stages for others: brought to what a run works on."""

from collections.abc import Sequence
from pathlib import Path

from core.base import packages
from core.base.errors import UserError
from core.base.messages import listed
from flows import lock_entries, run_refs
from flows.dvc_project import Stage, changes_by_stage
from flows.ready import make_ready
from flows.subprocesses import git, git_paths, output

LAST = f"{run_refs.REFS}/last"  # in the clone alone: what it has been brought to
RESULTS = f"{run_refs.REFS}/results"  # what each stage last gave here
CHECKOUT = ("dvc", "--wait-for-lock", "checkout", "--quiet", "--force", "--allow-missing")  # and nothing unused stays


def bring(folder: Path, ref: str) -> str:
    """Bring the clone to what a ref of the git remote holds; return the commit.

    Raises UserError where somebody else works in it.
    """
    top = run_refs.top_of(folder)
    untracked = top / git(top, "rev-parse", "--git-path", "acclimate-untracked")
    if _is_ours(top):
        _remove_leftovers(top, untracked)
    elif changed := git_paths(top, "diff", "--name-only", "HEAD"):
        raise UserError(
            f"{top} is somebody's workspace: {listed(changed)} differ from its commit. Start the worker in a clone of "
            f"its own: `git clone {_url(top)} PLACE`"
        )
    commit = run_refs.fetch(top, ref)
    git(top, "checkout", "--quiet", "--force", "--detach", commit)
    git(top, "update-ref", LAST, commit)
    untracked.write_text("\0".join(_untracked(top)), encoding="utf-8")
    make_ready(folder)
    return commit


def _is_ours(top: Path) -> bool:
    """Whether the clone is where a run of this flow has left it."""
    last = git(top, "for-each-ref", "--format=%(objectname)", LAST)
    return bool(last) and not git(top, "branch", "--show-current") and git(top, "rev-parse", "HEAD") == last


def _untracked(top: Path) -> list[str]:
    return git_paths(top, "ls-files", "--others", "--exclude-standard")


def _remove_leftovers(top: Path, untracked: Path) -> None:
    """Remove what a stage has left that was not there before it, as one that was killed does."""
    before = untracked.read_text(encoding="utf-8").split("\0") if untracked.is_file() else []
    for name in set(_untracked(top)) - set(before):
        (top / name).unlink(missing_ok=True)


def _url(top: Path) -> str:
    return git(top, "remote", "get-url", run_refs.REMOTE)


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
        output(folder, "dvc", "--wait-for-lock", "fetch", "--quiet", *wanted)
    output(folder, *CHECKOUT)
    changes = [each for each in changes_by_stage(folder, stage.name).get(stage.name, []) if isinstance(each, dict)]
    read = {name: how for change in changes for name, how in change.get("changed deps", {}).items()}
    if missing := [name for name, how in read.items() if how == "deleted"]:
        raise UserError(
            f"{stage.name} reads {listed(missing)}, which neither git nor DVC knows where the run was started: "
            f"`git add {missing[0]}` there, or `dvc add {missing[0]}`"
        )


def has_result(folder: Path, stage: Stage) -> bool:
    """Whether the stage has already been run here on what is here now: its result is taken then."""
    commit = git(folder, "for-each-ref", "--format=%(objectname)", f"{RESULTS}/{run_refs.slug(stage.name)}")
    if not commit:
        return False
    lock_entries.join(folder, stage, git(folder, "show", f"{commit}:./{stage.lock}"))
    kept = lock_entries.uncached(folder, stage)
    if _is_of_this(folder, stage, commit):
        run_refs.take(folder, commit, kept)
        output(folder, *CHECKOUT, stage.name)
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
    git(folder, "checkout", "--quiet", "--force", "--detach", commit)
    git(folder, "update-ref", LAST, commit)
    return commit

"""What a run has changed as a pull request: committed to a branch of its own, pushed, and opened on GitHub."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from core.errors import UserError
from flows import github
from flows.git import git, listed
from flows.graph import Graph, lock, outputs

REMOTE = "origin"
BRANCH = "reproduce/latest"  # the runs' own: each replaces what the one before it has put there
IGNORED = ":(glob)**/.gitignore"  # DVC writes the names of its outputs there
TITLE = "Reports brought up to date"
BODY = (
    "A scheduled run has brought `dvc.lock`, and the outputs that git keeps, up to date with the code, data and "
    "parameters of this branch's base. Until this is merged, each later run updates it."
)


def publish(folder: Path, stages: Graph) -> str:
    """Return what was published, in words. The workspace, its branch and its index stay as they are.

    Raises UserError where the remote, the token or the state of the workspace does not allow it.
    """
    top = Path(git(folder, "rev-parse", "--show-toplevel"))
    files = _changed(top, folder, stages)
    if not files:
        return "nothing to publish: the reports are those of the last commit"
    base = git(top, "branch", "--show-current")
    if not base:
        raise UserError(f"{top} is on no branch that a pull request could go to: `git switch` to one")
    repository = github.find(git(top, "remote", "get-url", "--push", REMOTE))
    _push(top, files, repository)
    return f"published on branch {BRANCH}: {github.pull_request(repository, BRANCH, base, TITLE, BODY)}"


def _changed(top: Path, folder: Path, stages: Graph) -> list[str]:
    """Return what differs from HEAD of dvc.lock and the outputs that git keeps: nothing where only dvc.lock does.

    Raises UserError where other files differ too, for the outputs would not follow from what is published.
    """
    records = {name if stage.is_data else lock(name) for name, stage in stages.items()}
    results, ours = ([_literal(top, folder / each) for each in some] for some in (outputs(folder), records))
    changed = _differing(top, *results)
    found = {*changed, *_differing(top, *ours, IGNORED)}
    others = [each for each in listed(top, "diff", "--name-only", "HEAD") if each not in found]
    if changed and others:
        raise UserError(*(f"{each} is changed and not committed: `git commit` it, or take it back" for each in others))
    return sorted(found) if changed else []


def _literal(top: Path, path: Path) -> str:
    return f":(literal){os.path.relpath(path, top)}"  # a name is no pattern


def _differing(top: Path, *paths: str) -> list[str]:
    new = listed(top, "ls-files", "--others", "--exclude-standard", "--", *paths)
    return [*listed(top, "diff", "--name-only", "HEAD", "--", *paths), *new]


def _push(top: Path, files: Sequence[str], repository: github.Repository) -> None:
    """Put the files on top of HEAD and of what the branch has on the remote, so that nothing there is lost."""
    access, reference = github.access(repository), f"refs/heads/{BRANCH}"
    tree = _tree(top, files)
    try:
        tip = git(top, "ls-remote", REMOTE, reference, **access).partition("\t")[0]
        if tip:
            git(top, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", REMOTE, reference, **access)
        if tip and _is_there(top, tip, tree):
            return
        parents = ["-p", "HEAD", *(["-p", tip] if tip else [])]
        commit = git(top, "commit-tree", tree, *parents, "-m", TITLE)
        git(top, "push", "--quiet", "--no-verify", REMOTE, f"{commit}:{reference}", **access)
    except UserError as error:
        raise UserError(f"{REMOTE} takes no branch: {repository.hidden(str(error))}") from None


def _is_there(top: Path, tip: str, tree: str) -> bool:
    """Whether the branch has these files already, on top of this HEAD."""
    parents = git(top, "show", "--no-patch", "--format=%P", tip).split()
    return parents[:1] == [git(top, "rev-parse", "HEAD")] and git(top, "rev-parse", f"{tip}^{{tree}}") == tree


def _tree(top: Path, files: Sequence[str]) -> str:
    """Return the tree of HEAD with these files as they are in the workspace."""
    with tempfile.TemporaryDirectory() as place:
        index = {"GIT_INDEX_FILE": str(Path(place, "index"))}
        git(top, "read-tree", "HEAD", **index)
        git(top, "add", "--all", "--", *(_literal(top, top / each) for each in files), **index)
        return git(top, "write-tree", **index)

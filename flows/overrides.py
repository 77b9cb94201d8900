"""A run with other parameters, in a git worktree of its own: the user's workspace stays as it is."""

import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from core.errors import UserError
from flows.commands import output
from flows.git import git, listed
from flows.graph import Graph, outputs
from flows.workspace import root

PARAMS = "params.yaml"


@contextmanager
def worktree(folder: Path, run: str) -> Iterator[Path]:
    """Yield the project's folder in a new worktree of what is in the workspace now, outputs included.

    Of files that git does not know, those are in it that git ignores and a stage reads, such as a local model. The
    cache is the project's own, so nothing is computed twice.
    """
    top = Path(git(folder, "rev-parse", "--show-toplevel"))
    place = root(folder) / ".dvc/tmp/worktrees" / run
    git(top, "worktree", "prune")
    is_changed = git(top, "status", "--porcelain", "--untracked-files=no")
    now = git(top, "stash", "create") if is_changed else "HEAD"
    git(top, "worktree", "add", "--quiet", "--detach", str(place), now)
    try:
        inside = place / folder.relative_to(top)
        local = root(folder) / ".dvc/config.local"
        if local.is_file():
            (root(inside) / ".dvc/config.local").write_bytes(local.read_bytes())
        output(inside, "dvc", "config", "--local", "cache.dir", output(folder, "dvc", "cache", "dir").strip())
        output(inside, "dvc", "checkout", "--quiet", "--force", "--allow-missing")
        _link_inputs(folder, inside)
        yield inside
    finally:
        git(top, "worktree", "remove", "--force", str(place))


def _link_inputs(folder: Path, inside: Path) -> None:
    """Link what stages read, git ignores and no stage writes from a folder into its copy."""
    stages = yaml.safe_load((folder / "dvc.yaml").read_text(encoding="utf-8"))["stages"].values()
    read = {str(dep) for stage in stages for dep in stage.get("do", stage).get("deps", [])}
    ignored = read and listed(folder, "ls-files", "--others", "--ignored", "--exclude-standard", "--", *sorted(read))
    written = tuple(outputs(folder))
    for name in ignored:
        source, target = folder / name, inside / name
        if not target.exists() and not any(Path(name).is_relative_to(each) for each in written):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError:  # another file system
                shutil.copy2(source, target)


def apply(folder: Path, overrides: Sequence[str]) -> None:
    """Change params.yaml, its comments kept, by lines such as `rate=0.1`. Raises UserError with every problem."""
    path = folder / PARAMS
    if not path.is_file():
        raise UserError(f"overrides need {PARAMS}, and {folder} has none")
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = 4096  # lines stay as long as they are
    values = editor.load(path.read_text(encoding="utf-8"))
    problems = [problem for each in overrides if (problem := _set(values, each))]
    if problems:
        raise UserError(*problems)
    with path.open("w", encoding="utf-8") as file:
        editor.dump(values, file)


def _set(values: Any, override: str) -> str | None:
    name, equals, text = override.partition("=")
    if not equals:
        return f"override {override!r} has no value: write it as name=value, such as training.rate=0.1"
    *sections, key = name.strip().split(".")
    for section in [*sections, key]:
        if not isinstance(values, dict) or section not in values:
            known = f"; known there: {', '.join(map(str, values))}" if isinstance(values, dict) else ""
            return f"override {override!r}: {PARAMS} has no {name.strip()}{known}"
        parent, values = values, values[section]
    try:
        parent[key] = YAML(typ="safe").load(text)  # as DVC reads it: 1e-5 is a number
    except YAMLError:
        return f"override {override!r}: {text!r} is not a YAML value"
    return None


def check(folder: Path, stages: Graph) -> None:
    """Run the commands that `check` in the stages' `meta:` names. Raises UserError where one refuses the parameters."""
    for command in dict.fromkeys(stage.meta.check for stage in stages.values() if stage.meta.check):
        output(folder, *shlex.split(command))


def keep(folder: Path, run: str, overrides: Sequence[str]) -> str:
    """Commit the worktree's result to a branch; return what brings it over."""
    branch = f"reproduce/{run}"
    git(folder, "add", "--all", ":/")
    changed = listed(folder, "diff", "--name-only", "--cached", "HEAD")
    if not changed:
        return "its result is what is in the workspace: nothing to bring over"
    message = f"{run}: {', '.join(overrides)}"
    git(folder, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", message)
    git(folder, "branch", branch)
    files = shlex.join(sorted({each.split("/")[0] for each in changed}))
    return f"its result is on branch {branch}: `git checkout {branch} -- {files} && dvc checkout` brings it over"

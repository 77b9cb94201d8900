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

from core.base.errors import UserError
from flows.dvc_project import Stages, outputs
from flows.run_lock import repository
from flows.subprocesses import git, git_paths, output

PARAMS = "params.yaml"


@contextmanager
def worktree(folder: Path, run_name: str) -> Iterator[Path]:
    """Yield the project's folder in a new worktree of what is in the workspace now, outputs included.

    Of files that git does not know, those are in it that git ignores and a stage reads, such as a local model. The
    cache is the project's own, so nothing is computed twice.
    """
    top = Path(git(folder, "rev-parse", "--show-toplevel"))
    place = repository(folder) / ".dvc/tmp/worktrees" / run_name
    git(top, "worktree", "prune")
    is_changed = git(top, "status", "--porcelain", "--untracked-files=no")
    now = git(top, "stash", "create") if is_changed else "HEAD"
    git(top, "worktree", "add", "--quiet", "--detach", str(place), now)
    try:
        inside = place / folder.relative_to(top)
        local = repository(folder) / ".dvc/config.local"
        if local.is_file():
            (repository(inside) / ".dvc/config.local").write_bytes(local.read_bytes())
        output(inside, "dvc", "config", "--local", "cache.dir", output(folder, "dvc", "cache", "dir").strip())
        output(inside, "dvc", "checkout", "--quiet", "--force", "--allow-missing")
        _link_inputs(folder, inside)
        yield inside
    finally:
        git(top, "worktree", "remove", "--force", str(place))


def _link_inputs(folder: Path, inside: Path) -> None:
    """Link what stages read, git ignores and no stage writes from a folder into its copy."""
    stages = yaml.safe_load((folder / "dvc.yaml").read_text(encoding="utf-8"))["stages"].values()
    inputs = {str(dep) for stage in stages for dep in stage.get("do", stage).get("deps", [])}
    if not inputs:
        return
    written = tuple(outputs(folder))
    for name in git_paths(folder, "ls-files", "--others", "--ignored", "--exclude-standard", "--", *sorted(inputs)):
        source, target = folder / name, inside / name
        if not target.exists() and not any(Path(name).is_relative_to(output_path) for output_path in written):
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
    params = editor.load(path.read_text(encoding="utf-8"))
    problems = [problem for override in overrides if (problem := _set(params, override))]
    if problems:
        raise UserError(*problems)
    with path.open("w", encoding="utf-8") as file:
        editor.dump(params, file)


def _set(params: Any, override: str) -> str | None:
    """Set one parameter; return what is wrong with the override."""
    name, equals, text = override.partition("=")
    if not equals:
        return f"override {override!r} has no value: write it as name=value, such as training.rate=0.1"
    *sections, key = name.strip().split(".")
    value = params
    for part in [*sections, key]:
        if not isinstance(value, dict) or part not in value:
            known = f"; known there: {', '.join(map(str, value))}" if isinstance(value, dict) else ""
            return f"override {override!r}: {PARAMS} has no {name.strip()}{known}"
        section, value = value, value[part]
    try:
        section[key] = YAML(typ="safe").load(text)  # as DVC reads it: 1e-5 is a number
    except YAMLError:
        return f"override {override!r}: {text!r} is not a YAML value"
    return None


def check(folder: Path, stages: Stages) -> None:
    """Run the commands that `check` in the stages' `meta:` names. Raises UserError where one refuses the parameters."""
    for command in dict.fromkeys(stage.meta.check for stage in stages.values() if stage.meta.check):
        output(folder, *shlex.split(command))


def keep(folder: Path, run_name: str, overrides: Sequence[str]) -> str:
    """Commit the worktree's result to a branch; return what brings it over."""
    branch = f"reproduce/{run_name}"
    git(folder, "add", "--all", ":/")
    changed = git_paths(folder, "diff", "--name-only", "--cached", "HEAD")
    if not changed:
        return "its result is what is in the workspace: nothing to bring over"
    message = f"{run_name}: {', '.join(overrides)}"
    git(folder, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", message)
    git(folder, "branch", branch)
    files = shlex.join(sorted({path.split("/")[0] for path in changed}))
    return f"its result is on branch {branch}: `git checkout {branch} -- {files} && dvc checkout` brings it over"

"""A run with other parameters: what they change, whether they may, and where their result is kept."""

import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from core.base.errors import UserError
from core.base.messages import flat
from flows.dvc_project import Stages
from flows.subprocesses import NO_HOOKS, git, git_paths, output
from flows.worktrees import BRANCHES, original

PARAMS = "params.yaml"


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
        return f"override {override!r} has no value: write it as name=value, such as {_example(params)}"
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


def _example(params: Any) -> str:
    """Return an override that changes nothing: the first parameter that has a value of its own."""
    for name, value in flat(params):
        if name and not isinstance(value, list | dict):
            return f"{name}={json.dumps(value, default=str)}"
    return "name=value"


def check(folder: Path, stages: Stages) -> None:
    """Run the commands that `check` in the stages' `meta:` names. Raises UserError where one refuses the parameters."""
    for command in dict.fromkeys(stage.meta.check for stage in stages.values() if stage.meta.check):
        try:
            words = shlex.split(command)
        except ValueError as error:  # a quotation mark that is open
            raise UserError(f"check in the meta: of dvc.yaml is {command!r}: {str(error).lower()}") from None
        output(folder, *words)


def keep(folder: Path, run_name: str, overrides: Sequence[str], inputs: Sequence[str]) -> str:
    """Commit the worktree's result to a branch of the worktree's name; return what brings it over from any folder.

    The inputs are the user's, who has not committed them. What the run has not changed is not brought over: the user
    may have edited it since.
    """
    top = Path(git(folder, "rev-parse", "--show-toplevel"))
    git(folder, "add", "--all", "--", ":/", *(f":(exclude,top,literal){name}" for name in inputs))
    changed = git_paths(folder, "diff", "--name-only", "--cached", "HEAD")
    if not changed:
        return "its result is what is in the workspace: nothing to bring over"
    files = [path for path in changed if (top / path).exists()]
    gone = sorted({*_dropped(folder, top), *(path for path in changed if not (top / path).exists())})
    git(folder, *NO_HOOKS, "commit", "--quiet", "--no-gpg-sign", "-m", f"{run_name}: {', '.join(overrides)}")
    git(folder, *NO_HOOKS, "branch", branch := f"{BRANCHES}/{top.name}")
    home = Path(git(original(folder), "rev-parse", "--show-toplevel"))
    command = shlex.join(["git", "-C", str(home), "checkout", branch, "--", *files])
    command += f" && {shlex.join(['dvc', '--cd', str(home / folder.relative_to(top)), 'checkout', '--allow-missing'])}"
    removed = f" && rm -rf {shlex.join(str(home / name) for name in gone)}" if gone else ""
    return f"its result is on branch {branch}: `{command}{removed}` brings it over"


def _dropped(folder: Path, top: Path) -> set[str]:
    """Return the outputs of stages that the project had before the run and has no more, seen from its top."""
    lock = folder / "dvc.lock"
    if not lock.is_file() or not git(folder, "ls-tree", "--name-only", "HEAD", "--", lock.name):
        return set()
    texts = git(folder, "show", f"HEAD:./{lock.name}"), lock.read_text(encoding="utf-8")
    before, after = (
        {
            out["path"]
            for stage in (yaml.safe_load(text) or {}).get("stages", {}).values()
            for out in (stage or {}).get("outs", [])
        }
        for text in texts
    )
    return {os.path.relpath(folder / name, top) for name in before - after}

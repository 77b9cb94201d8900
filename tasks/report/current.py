"""Whether the reports are of the data, parameters and code at hand, by DVC's word: `python -m tasks.report.current`.

They are in a clone without the outputs too: what git ignores may be missing, what it keeps may not.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.base import paths
from core.base.errors import UserError, run
from core.base.messages import listed
from tasks.report.git_revision import ran

# Of which git keeps a file, so that a clone has the folder without what DVC, or this machine alone, holds of it.
HELD = (paths.BASELINE_PREDICTIONS.parent, paths.SEED_MODELS, paths.PRETRAINED_MODELS)
MISSING = ("deleted", "not in cache")  # words of `dvc status`


def require_current() -> None:
    """Raise UserError where the reports are of other data, parameters or code, or of none that could be used."""
    problems = [
        f"the reports are stale: {listed(changed)} of {stage} changed since: `dvc repro` writes them anew"
        for stage, changed in _stale()
    ]
    if paths.REPORT.is_file() and paths.REPORT.read_text(encoding="utf-8").startswith("# Refused"):
        problems.append(f"{paths.REPORT} says why the data was refused: mend what it names, then `dvc repro`")
    if problems:
        raise UserError(*problems)


def _stale() -> Iterator[tuple[str, list[str]]]:
    """Yield each stage that is not as dvc.lock records it, with what differs."""
    for stage, changes in _status().items():
        if changed := list(dict.fromkeys(name for change in changes for name in _differing(change))):
            yield stage, changed


def _status() -> dict[str, list[Any]]:
    done = ran("dvc", "--wait-for-lock", "status", "--json", "--no-updates", "dvc.yaml")  # the study runs on demand
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no reason"]
        raise UserError(f"nothing tells of what the reports are (dvc: {said[-1]}): `dvc status dvc.yaml` says more")
    status: dict[str, list[Any]] = json.loads(done.stdout)
    return status


def _differing(change: Any) -> Iterator[str]:
    """Yield what a change of `dvc status` names: a command, parameters, or files, but for those not at hand."""
    if isinstance(change, str):
        yield change
        return
    for differing in change.values():
        for name, how in differing.items():
            if isinstance(how, dict):
                yield from how  # the parameters of a file
            elif not _is_elsewhere(name, how):
                yield name


def _is_elsewhere(name: str, how: str) -> bool:
    """Return whether a file or folder is no other one, but not at hand."""
    if Path(name) in HELD:
        return not any(_is_held(each) for each in Path(name).glob("*"))
    kept_by_git = how == "deleted" and ran("git", "check-ignore", "--quiet", name).returncode == 1
    return how in MISSING and not kept_by_git


def _is_held(path: Path) -> bool:
    return path.name not in ("README.md", ".gitignore") and path.suffix != ".dvc"


if __name__ == "__main__":
    run(require_current, *sys.argv[1:])

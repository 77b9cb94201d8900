"""What a stage would miss on another machine, where git and DVC bring all; and whether it has read the same there."""

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.base.errors import UserError
from core.base.messages import listed
from flows import lock_entries
from flows.dvc_project import Changes, Stage, changes_by_stage, outputs
from flows.reasons import DVCIGNORE
from flows.subprocesses import git_paths


def unknown_to_git(folder: Path, stage: Stage, changes: Changes, *options: str) -> list[str]:
    """Return the files that a stage reads and git has not, by options of `git ls-files`, seen from the project."""
    patterns = [f":(literal){name}" for name in lock_entries.read_by(folder, stage, changes)]
    names = git_paths(folder / stage.folder, "ls-files", "--others", *options, "--", *patterns)
    return [os.path.normpath(Path(stage.folder, name)) for name in names]


def refuse_missing_inputs(folder: Path, stage: Stage, read: Sequence[str], changes: Changes) -> None:
    """Raise UserError where a stage reads what git ignores and DVC does not have, such as a local model."""
    known = unknown_to_git(folder, stage, changes, "--exclude-standard")
    if inside := [
        name for name in known if (folder / name / ".git").exists()
    ]:  # git would send its commit's name alone
        raise UserError(
            f"{stage.name} reads {listed(inside)}, a git repository of its own, which would arrive empty elsewhere: "
            f"`{shlex.join(['dvc', 'add', '--', *inside])}`, and commit the .dvc file"
        )
    ignored = unknown_to_git(folder, stage, changes, "--ignored", "--exclude-standard")
    counted = set(unknown_to_git(folder, stage, changes, DVCIGNORE)) if ignored else set()
    here = [name for name in ignored if name in counted and not any(Path(name).is_relative_to(each) for each in read)]
    if left := _left_over(folder, stage, here):
        raise UserError(
            f"{stage.name} reads {listed(left)}, which no stage of dvc.yaml writes any more, as it had: "
            f"`{shlex.join(['rm', '-r', '--', *left])}`"
        )
    if here:
        raise UserError(
            f"{stage.name} reads {listed(here)}, which git ignores and DVC does not have: it would be missing "
            f"elsewhere. `dvc add` it, or the folder that it is in, and commit the .dvc file"
        )


def _left_over(folder: Path, stage: Stage, names: Sequence[str]) -> list[str]:
    """Return the outputs that these files are of, or are in, of stages that dvc.lock has and dvc.yaml has no more."""
    if not names:
        return []
    gone = set(lock_entries.all_written(folder, stage)) - set(outputs(folder))
    return sorted(out for out in gone if any(Path(name).is_relative_to(out) for name in names))


def refuse_unrecorded_outputs(folder: Path, stage: Stage, written: Sequence[str], changes: Changes) -> None:
    """Raise UserError where a stage adds to an output that is here alone."""
    recorded = set(lock_entries.persistent(folder, stage)) - set(_named("changed outs", changes))
    added_to = lock_entries.persisting(folder, stage, written)
    if here := [name for name in added_to if name not in recorded and (folder / name).exists()]:
        raise UserError(
            f"{stage.name} adds to {listed(here)} (persist: true), which is here as DVC has not recorded it, and would "
            f"be missing elsewhere: remove it, or run the stage here: "
            f"`{shlex.join(['dvc', 'repro', '--single-item', stage.name])}`"
        )


def compare_inputs(folder: Path, stage: Stage) -> None:
    """Raise UserError where a stage has read other bytes at its place than are here."""
    if others := list(_named("changed deps", changes_by_stage(folder, stage.name).get(stage.name, []))):
        raise UserError(
            f"{stage.name} has read {listed(others)} with other content than is here. Either somebody has changed it "
            f"since: run it again. Or a filter of .gitattributes changes it on its way: have DVC keep it, by `dvc add`"
        )


def _named(kind: str, changes: Changes) -> Iterator[str]:
    for change in changes:
        yield from change.get(kind, {}) if isinstance(change, dict) else ()

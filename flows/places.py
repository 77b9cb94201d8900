"""Stages that workers of a Prefect work pool run, on machines that share nothing with this one but the remotes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast
from uuid import uuid4

from prefect.client.schemas.objects import FlowRun, State
from prefect.deployments import run_deployment
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from core.base.errors import UserError
from core.base.messages import listed
from flows import dvc_lock, lock_entries, run_refs, seen_from_there
from flows.dvc_project import (
    Changes,
    Stage,
    Stages,
    has_remote,
    inputs_and_outputs,
    located,
    read_stage,
)
from flows.following import answer, ended
from flows.pools import deploy, deployment
from flows.ready import repository
from flows.shared_workspace import SharedWorkspace
from flows.subprocesses import git, git_paths

OF_THE_PROJECT = [f":(top,glob)**/{name}" for name in ("dvc.yaml", "dvc.lock", "*.dvc", ".gitignore", ".dvcignore")]
LOST_OUTPUTS = ("deleted", "not in cache")  # of `dvc status`


@dataclass(frozen=True)
class Places:
    """Which stages of a run go to which work pool."""

    workspace: SharedWorkspace
    run_name: str
    pools: Mapping[str, str]  # by the resource that a stage needs
    refs: str  # how those of this run begin
    same_environment: bool

    @property
    def folder(self) -> Path:
        return self.workspace.folder

    def pool(self, stage: Stage) -> str | None:
        """Return the work pool whose workers run a stage; None where it runs here."""
        return self.pools.get(stage.meta.resource or "")

    def run(self, stage: Stage, force: bool, changes: Changes, reason: str) -> State[None]:
        """Have a stage brought up to date by a worker, and bring here what came out."""
        stopping, ref = self.workspace.stopping, f"{self.refs}/{run_refs.slug(stage.name)}"
        with self.workspace.place():  # of many stages that are elsewhere, few are on their way
            has_run = self.workspace.records.of(stage) is not None
            if has_run and not force and _has_lost_outputs_alone(changes) and self._are_brought_back(stage):
                return Completed(name="Cached", message="restored from DVC's cache, as in dvc.lock")
            stage = located(self.folder, stage)
            read, written = inputs_and_outputs(self.folder, stage)
            seen_from_there.refuse_missing_inputs(self.folder, stage, read, changes)
            seen_from_there.refuse_unrecorded_outputs(self.folder, stage, written, changes)
            commit = self._handed_over(stage, ref, read, changes)
        pool = self.pools[str(stage.meta.resource)]
        get_run_logger().info("%s goes to a worker of %s: %s", stage.name, pool, reason)
        state = ended(self._submitted(stage, pool, ref, read, force, reason), pool, stopping)
        said = f"at {pool}: {state.message or state.name}"
        if state.is_completed() or (state.is_crashed() and self._has_result(ref, commit)):
            with self.workspace.place():
                self._brought(stage, ref, commit)
            return Completed(name=state.name if state.is_completed() else None, message=said)
        return Failed(name="TimedOut" if state.name == "TimedOut" else "Failed", message=said)

    def _are_brought_back(self, stage: Stage) -> bool:
        try:
            self._dvc("pull", stage.name)
        except UserError:  # it has to be computed
            return False
        return self._dvc("status", "--json", stage.name).strip() == "{}"

    def _dvc(self, *command: str) -> str:
        return self.workspace.dvc.output(self.folder, "dvc", "--wait-for-lock", *command)

    def _records_held(self) -> AbstractContextManager[None]:
        return dvc_lock.held(repository(self.folder) / dvc_lock.RECORDS, self.workspace.stopping)

    def _handed_over(self, stage: Stage, ref: str, read: Sequence[str], changes: Changes) -> str:
        """Put what a stage reads where its place finds it; return the commit of the workspace."""
        if read:
            self._dvc("push", "--", *read)
        with self._records_held():
            commit = run_refs.snapshot(
                self.folder, self._unknown_to_git(stage, changes), f"{self.run_name}: for {stage.name}"
            )
        run_refs.push(self.folder, commit, ref)
        return commit

    def _unknown_to_git(self, stage: Stage, changes: Changes) -> list[str]:
        """Return the files that a stage may need and that git does not know yet."""
        read = seen_from_there.unknown_to_git(self.folder, stage, changes, "--exclude-standard")
        of_project = git_paths(self.folder, "ls-files", "--others", "--exclude-standard", "--", *OF_THE_PROJECT)
        kept = [name for each in (stage.name, *stage.upstream) for name in self._kept_by_git(each)]
        return [*read, *of_project, *kept]

    def _kept_by_git(self, name: str) -> list[str]:
        stage = Stage(name)
        return [] if stage.is_data else lock_entries.uncached(self.folder, read_stage(self.folder, name))

    def _submitted(self, stage: Stage, pool: str, ref: str, read: Sequence[str], force: bool, reason: str) -> FlowRun:
        parameters = {
            "ref": ref,
            "stage": stage.name,
            "folder": str(self.folder.relative_to(run_refs.top_of(self.folder))),
            "inputs": list(read),
            "reason": reason,
            "force": force,
            "same_environment": self.same_environment,
        }
        submit = partial(
            run_deployment,
            deployment(pool),
            parameters=parameters,
            flow_run_name=f"{stage.name} for {self.run_name}",
            timeout=0,
            idempotency_key=uuid4().hex,  # asked again, a server that has made the run answers with it
        )
        return cast(FlowRun, answer(submit, self.workspace.stopping))

    def _has_result(self, ref: str, before: str) -> bool:
        """Whether the result of a run is there whose worker could not say so any more."""
        try:
            return git(self.folder, "rev-parse", f"{run_refs.fetch(self.folder, ref)}^") == before
        except UserError:
            return False

    def _brought(self, stage: Stage, ref: str, before: str) -> None:
        """Take a stage's entry in dvc.lock, and its outputs, over from its place."""
        commit = run_refs.fetch(self.folder, ref)
        if git(self.folder, "rev-parse", f"{commit}^") != before:
            raise UserError(f"{ref} of git's remote {run_refs.REMOTE!r} is not what came of {stage.name}: run it again")
        with self._records_held():
            lock_entries.join(self.folder, stage, git(self.folder, "show", f"{commit}:./{stage.lock}"))
            run_refs.take(self.folder, commit, lock_entries.uncached(self.folder, stage))
            lock_entries.make_empty_folders(self.folder, stage)
            run_refs.take_ignored(self.folder, before, commit)
        # As `dvc repro` does, whatever stands where an output belongs is replaced.
        self._dvc("pull", "--force", stage.name)
        seen_from_there.compare_inputs(self.folder, stage)


def _has_lost_outputs_alone(changes: Changes) -> bool:
    kinds = [kind for change in changes for kind in (change if isinstance(change, dict) else [change])]
    return kinds == ["changed outs"] and all(how in LOST_OUTPUTS for how in changes[0]["changed outs"].values())


@contextmanager
def placing(
    workspace: SharedWorkspace,
    run_name: str,
    pools: Mapping[str, str],
    stages: Stages,
    to_run: Sequence[str],
    same_environment: bool,
) -> Iterator[Places | None]:
    """Yield where stages run that do not run here; None where all that have to run do."""
    needed = {stage.meta.resource for stage in stages.values() if stage.meta.resource}
    if unknown := set(pools) - needed:
        known = f"names {listed(sorted(needed))}" if needed else "is not there"
        raise UserError(f"places names {listed(sorted(unknown))}; `resource:` in the meta: of dvc.yaml {known}")
    placed = [stages[name] for name in to_run if stages[name].meta.resource in pools]
    if not placed:
        yield None
        return
    if not has_remote(workspace.folder):
        raise UserError(
            "places: stages on other machines get their inputs from DVC's default remote, and there is none: "
            "`dvc remote add --default NAME URL`, then commit .dvc/config"
        )
    deploy({pools[str(stage.meta.resource)] for stage in placed})
    with run_refs.refs_of(workspace.folder, str(flow_run.id)) as refs:
        yield Places(workspace, run_name, pools, refs, same_environment)

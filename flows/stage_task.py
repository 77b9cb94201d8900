"""One DVC stage as one Prefect task, whose state tells what dvc.lock says."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Cancelled, Completed, Failed

from core.base.errors import UserError
from flows.dvc_forks import WAITS
from flows.dvc_project import Changes, Stage
from flows.fetch import unshared
from flows.places import Places
from flows.reasons import why
from flows.shared_workspace import SharedWorkspace
from flows.show import Progress, show_failure, show_results
from flows.slots import slot
from flows.subprocesses import Stopped, TimedOut, stream

MATCHES = "matches dvc.lock"
RESTORED = "restored from DVC's cache, where an earlier run of the same has left it"
CACHED = {  # the lines of `dvc repro` where it computes nothing
    "Stage '{}' is cached - skipping run, checking out outputs": RESTORED,
    "Stage '{}' didn't change, skipping": MATCHES,
    "'{}' didn't change, skipping": MATCHES,  # of data
}
RUNNING = "Running stage '{}':"  # its line before the first that is the stage's own
RECORDING = "Updating lock file '{}'"  # and when the command is through
FAILED = "ERROR: failed to reproduce "  # the first of the lines in which it says why
EXITED = re.compile(r", exited with [1-9]\d*$")  # the command has failed by itself, and not by a signal
NOT_RUN = "NotRun"  # a state of its own: it is final, so that nothing of it waits in the UI


def as_task(stage: Stage) -> Any:
    """Return the task of a stage: its name, its description, and how often what fails by chance is tried again."""
    return task(
        name=stage.name,
        task_run_name=stage.name.replace("{", "{{").replace("}", "}}"),
        description=stage.desc,
        retries=stage.meta.retries,
        retry_delay_seconds=stage.meta.retry_delay,
        cache_policy=NO_CACHE,  # dvc.lock is the only cache record
        persist_result=False,
    )(run_stage)


def run_stage(
    stage: Stage, workspace: SharedWorkspace, force: bool, changes: Changes | None, places: Places | None
) -> State[None]:
    """Bring one stage up to date, unless one that it needs has not ended well.

    `changes` is what differs from dvc.lock; None where upstream stages may have changed that, so that DVC is asked.
    """
    if missing := workspace.unfinished.intersection(stage.upstream):
        return Cancelled(name=NOT_RUN, message=f"not run, for it needs {', '.join(sorted(missing))}")
    state = _brought_up_to_date(stage, workspace, force, changes, places)
    if state.is_completed():
        workspace.unfinished.discard(stage.name)
    return state


def _brought_up_to_date(
    stage: Stage, workspace: SharedWorkspace, force: bool, changes: Changes | None, places: Places | None
) -> State[None]:
    try:
        if changes is None:
            changes = workspace.status.changes(stage)
        if not changes and not force:
            state: State[None] = Completed(name="Cached", message=MATCHES)
        else:
            state = _run(stage, workspace, force, changes, places)
        if state.is_completed():
            show_results(stage, workspace.folder)
        elif state.is_failed():
            show_failure(stage, workspace.folder, str(state.message))
        return state
    except UserError as error:
        return Failed(message=str(error))
    except Stopped:
        return Cancelled(message="the run was cancelled: what this stage had begun is undone by the next run")


def _run(stage: Stage, workspace: SharedWorkspace, force: bool, changes: Changes, places: Places | None) -> State[None]:
    reason = _reason(stage, workspace, changes)  # no place is held while this waits for DVC to have written
    if places and places.pool(stage):
        return places.run(stage, force, changes, reason)
    with slot(stage.meta.resource, workspace.stopping.is_set), workspace.place() as leave:
        return run_here(stage, workspace, force, reason, leave)


def run_here(
    stage: Stage, workspace: SharedWorkspace, force: bool, reason: str, leave: Callable[[], None]
) -> State[None]:
    """Have DVC run a stage; its lines go to the log, and its place is left when the command is through."""
    get_run_logger().info("%s runs: %s%s", stage.name, reason, f" ({stage.desc})" if stage.desc else "")
    started = time.monotonic()
    said = Said(stage, workspace.folder, leave)
    timeout = stage.meta.timeout
    command = _command(stage, workspace, force)
    try:
        status = stream(
            workspace.folder, command, said, workspace.stopping, timeout, (workspace.lock,), workspace.dvc.start
        )
    except TimedOut:
        return Failed(name="TimedOut", message=f"ended after {timeout:g} s, the timeout in the meta: of {stage.name}")
    if status:
        reason = unshared(workspace.folder, stage.name, "\n".join(said.lines[True])) if stage.is_data else ""
        return Failed(message=reason or said.error())
    if said.cached:
        return Completed(name="Cached", message=said.cached)
    return Completed(message=f"ran in {time.monotonic() - started:.1f} s: {reason}")


def _reason(stage: Stage, workspace: SharedWorkspace, changes: Changes) -> str:
    record = workspace.records.of(stage)
    if record is None:
        return "never run before"
    return why(changes, workspace.folder, record) or "forced"


def _command(stage: Stage, workspace: SharedWorkspace, force: bool) -> list[str]:
    if stage.is_data and not (workspace.folder / stage.name).with_suffix("").exists():
        return ["dvc", "--wait-for-lock", "pull", stage.name]  # there is nothing to record, only something to fetch
    return ["dvc", "--wait-for-lock", "repro", "--single-item", *(["--force"] if force else []), stage.name]


class Said:
    """What a stage's command says: its lines go to the log, and the last of them explain a failure."""

    KEPT = 20
    LONGEST = 4_000  # characters of a line that the log gets

    def __init__(self, stage: Stage, folder: Path, on_recording: Callable[[], None]) -> None:
        self.log = get_run_logger()
        self.stage = stage
        self.progress = Progress(stage, folder)
        self.on_recording = on_recording
        self.is_running = False  # DVC's words are told from the stage's own
        self.cached = ""  # why nothing was computed
        self.lines: dict[bool, list[str]] = {False: [], True: []}  # of stdout, of stderr

    def __call__(self, line: str, is_error: bool, is_redrawn: bool) -> None:
        self.progress.read(line, is_redrawn)
        if is_redrawn:  # progress bars would flood the log
            return
        self._notice(line)
        if len(line) > self.LONGEST:
            line = f"{line[: self.LONGEST]} ... and {len(line) - self.LONGEST} characters more"
        self.log.info(line)
        if line == WAITS:  # no reason for a failure
            return
        self.lines[is_error] = [*self.lines[is_error], line][-100:]

    def _notice(self, line: str) -> None:
        name = self.stage.name
        self.is_running = self.is_running or line == RUNNING.format(name)
        if not self.is_running:
            self.cached = next((why for words, why in CACHED.items() if line == words.format(name)), self.cached)
        if line == RECORDING.format(self.stage.lock):
            self.on_recording()

    def error(self) -> str:
        """Return why the stage failed: what its command wrote to stderr, behind DVC's reason where that is another."""
        lines = self.lines[True]
        last = max((number for number, line in enumerate(lines) if line.startswith(FAILED)), default=len(lines))
        own, reason = lines[:last], lines[last:]
        tracebacks = [number for number, line in enumerate(own) if line.startswith("Traceback ")]
        if tracebacks:
            own = [line for line in own[tracebacks[-1] + 1 :] if not line.startswith(" ")]
        own = own[-self.KEPT :]
        told = own if own and EXITED.search("\n".join(reason)) else [*reason, *own]
        return "\n".join(told or self.lines[False][-self.KEPT :])

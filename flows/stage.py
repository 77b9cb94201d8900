"""One DVC stage as one Prefect task, whose state tells what dvc.lock says."""

import time
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import Cancelled, Completed, Failed

from core.errors import UserError
from flows import artifacts
from flows.commands import Stopped, TimedOut, stream
from flows.graph import Stage, changes, is_recorded
from flows.progress import Progress
from flows.reasons import why
from flows.slots import slot
from flows.workspace import Log, Workspace

MATCHES = "matches dvc.lock"


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


def run_stage(stage: Stage, work: Workspace, force: bool, known: list[Any] | None) -> State[None]:
    """Bring one stage up to date. `known` is what differs from dvc.lock; None where upstream stages may change it."""
    log = get_run_logger()
    try:
        differs = known if known is not None else changes(work.folder, stage.name).get(stage.name, [])
        if not differs and not force:
            state: State[None] = Completed(name="Cached", message=MATCHES)
        else:
            with slot(stage.meta.resource, work, log):
                state = _run(stage, work, force, _reason(stage, work, differs), log)
        if state.is_completed():
            artifacts.publish(stage, work.folder, log)
        elif state.is_failed():
            artifacts.publish_failure(stage, str(state.message), log)
        return state
    except UserError as error:
        return Failed(message=str(error))
    except Stopped:
        return Cancelled(message="the run was cancelled: what this stage had begun is undone by the next run")


def _run(stage: Stage, work: Workspace, force: bool, reason: str, log: Log) -> State[None]:
    log.info("%s runs: %s%s", stage.name, reason, f" ({stage.desc})" if stage.desc else "")
    started = time.monotonic()
    said = Said(log, Progress(stage, log))
    timeout = stage.meta.timeout
    try:
        status = stream(work.folder, _command(stage, work, force), said, work.stopping, timeout, (work.lock,))
    except TimedOut:
        return Failed(name="TimedOut", message=f"ended after {timeout:g} s, the timeout in the meta: of {stage.name}")
    if status:
        return Failed(message=said.error())
    if said.restored:
        return Completed(name="Cached", message=f"restored from DVC's cache, as {MATCHES.replace('matches', 'in')}")
    return Completed(message=f"ran in {time.monotonic() - started:.1f} s: {reason}")


def _reason(stage: Stage, work: Workspace, differs: list[Any]) -> str:
    if not is_recorded(work.folder, stage):
        return "never run before"
    return why(differs) or "forced"


def _command(stage: Stage, work: Workspace, force: bool) -> list[str]:
    if stage.is_data and not (work.folder / stage.name).with_suffix("").exists():
        return ["dvc", "--wait-for-lock", "pull", stage.name]  # there is nothing to record, only something to fetch
    return ["dvc", "--wait-for-lock", "repro", "--single-item", *(["--force"] if force else []), stage.name]


class Said:
    """What a stage's command says: its lines go to the log, and the last of them explain a failure."""

    KEPT = 20

    def __init__(self, log: Log, progress: Progress) -> None:
        self.log = log
        self.progress = progress
        self.restored = False
        self.lines: dict[bool, list[str]] = {False: [], True: []}

    def __call__(self, line: str, is_error: bool, is_redrawn: bool) -> None:
        self.progress.read(line, is_redrawn)
        if is_redrawn:  # progress bars would flood the log
            return
        self.restored |= "is cached - skipping run" in line
        self.log.info(line)
        self.lines[is_error] = [*self.lines[is_error], line][-100:]

    def error(self) -> str:
        """Return the stage's own error text: what its command wrote to stderr, without what DVC adds."""
        own = [line for line in self.lines[True] if not line.startswith("ERROR: failed to reproduce")]
        tracebacks = [number for number, line in enumerate(own) if line.startswith("Traceback ")]
        if tracebacks:
            own = [line for line in own[tracebacks[-1] + 1 :] if not line.startswith(" ")]
        return "\n".join(own[-self.KEPT :] or self.lines[True] or self.lines[False][-self.KEPT :])

"""The flow `placed`: one stage, run for another machine in this machine's own clone."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import UUID

import httpx
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.logging.handlers import APILogHandler
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed, Failed

from core.base import packages
from core.base.errors import UserError
from flows import clone, run_refs
from flows.dvc_project import Stage, read_stage
from flows.pools import FLOW, PULSE
from flows.shared_workspace import SharedWorkspace, sharing
from flows.slots import slot
from flows.stage_task import run_here
from flows.subprocesses import Stopped, output

BEAT = 10.0  # seconds between two signs of life


@flow(name=FLOW, description="Run one stage for another machine, in this machine's own clone.")
def placed(
    ref: str,
    stage: str,
    folder: str = ".",
    inputs: Sequence[str] = (),
    reason: str = "",
    force: bool = False,
    same_environment: bool = True,
) -> State[None]:
    """Return what became of the stage; what came out is on the ref then, and in DVC's default remote.

    Args:
        ref: What to work on: a ref of the git remote.
        stage: The stage, as DVC calls it.
        folder: The folder of the project's dvc.yaml, within the repository.
        inputs: The outputs of other stages that this one reads.
        reason: Why it runs.
        force: Run it even where this clone has its result.
        same_environment: Refuse where packages.yaml names a package that has another version here.
    """
    stopping = threading.Event()
    try:
        with ExitStack() as stack:
            stack.callback(APILogHandler().flush)  # whoever follows the log reads it until this run has ended
            stack.enter_context(living(stopping))
            top = run_refs.top_of(Path.cwd())
            if run_refs.is_own(top, ref):
                raise UserError(
                    f"the worker was started in {Path.cwd()}, where the run works that waits for it: start it in a "
                    f"clone of its own"
                )
            place = top / folder
            place.mkdir(parents=True, exist_ok=True)  # of a clone that is older than the project's folder
            workspace = stack.enter_context(sharing(place, str(flow_run.name), stopping))
            if not same_environment:
                stack.enter_context(packages.overridden())
            stack.callback(_left_tidy, place)
            state = clone.bring(place, ref)
            found = read_stage(place, stage)
            clone.compare_packages(place, found)
            ended = _computed(found, workspace, inputs, reason, force)
            if ended.is_completed():
                _hand_back(workspace, found, ref, state)
            return ended
    except UserError as error:
        return Failed(message=str(error))
    except Stopped:
        return Cancelled(message="cancelled: what this stage had begun is undone by the next run")


def _left_tidy(place: Path) -> None:
    with suppress(UserError, OSError):  # the next stage does it then
        clone.tidy(place)


def _computed(stage: Stage, workspace: SharedWorkspace, inputs: Sequence[str], reason: str, force: bool) -> State[None]:
    clone.pull(workspace.folder, stage, inputs)
    if not force and clone.has_result(workspace.folder, stage):
        return Completed(name="Cached", message=f"computed on {socket.gethostname()} by a run that could not take it")
    # A machine's cards are no other machine's: each has a limit of its own.
    resource = f"{stage.meta.resource}@{socket.gethostname()}"
    with slot(resource, workspace.stopping.is_set), workspace.place() as leave:
        return run_here(stage, workspace, force, reason, leave)


def _hand_back(workspace: SharedWorkspace, stage: Stage, ref: str, before: str) -> None:
    """Put what came out where the machine that waits for it finds it; first of all, keep it here."""
    commit = clone.keep_result(workspace.folder, stage)
    output(workspace.folder, "dvc", "--wait-for-lock", "push", stage.name)
    if not run_refs.push_result(workspace.folder, commit, ref, before):
        get_run_logger().warning("the run that %s was for has ended: its result is kept here", stage.name)


@contextmanager
def living(stopping: threading.Event) -> Iterator[None]:
    """Give signs of life, and look whether the run is to end: no worker may be left to end it."""
    through = threading.Event()
    watcher = threading.Thread(target=_live, args=(UUID(str(flow_run.id)), stopping, through), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        through.set()
        watcher.join()


def _live(id: UUID, stopping: threading.Event, through: threading.Event) -> None:
    with get_client(sync_client=True) as client:
        count = 0
        while not through.is_set():
            with suppress(httpx.HTTPError):
                if _is_to_end(client, id):
                    stopping.set()
                client.update_flow_run_labels(id, {PULSE: (count := count + 1)})
            through.wait(BEAT)


def _is_to_end(client: SyncPrefectClient, id: UUID) -> bool:
    try:
        state = client.read_flow_run(id).state
    except ObjectNotFound:  # somebody has deleted it, and nobody waits for it any more
        return True
    return state is not None and (state.is_cancelling() or state.is_final())

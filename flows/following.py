"""A flow run that a worker has, followed from here until it has ended: its log, its end, and its silence."""

import logging
import shlex
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.sorting import LogSort
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelling, Crashed, Failed, Pending

from core.base.errors import UserError
from flows.pools import PROCESS, PULSE, is_served, waits_for
from flows.subprocesses import Stopped

T = TypeVar("T")

TURN = 1.0  # seconds between two looks
SILENCE = 90.0  # seconds without a sign of life after which a run is given up
START = 120.0  # seconds that a worker may take to start a process for a run that it has taken
START_CONTAINER = 1800.0  # or a container, whose image and node may have to come first
PATIENCE = 20.0  # seconds of waiting for a worker before that is said
ENDING = 20.0  # seconds for a run to end that is asked to
SERVER = 300.0  # seconds for a server to come back
OWN = "prefect.flow_runs"  # the logger of what a flow says, and not its worker
LATE = 20  # lines that may reach the server after later ones
ENGINE = ("Running 1 deploy", "Executing deploy", "Deployment step", "All deploy", "Beginning ", "Finished ")


@dataclass
class Followed:
    """What is known of a flow run at a pool."""

    id: UUID
    pool: str
    lines: set[UUID] = field(default_factory=set)  # of its log, passed on
    sign: object = None  # of life: its state and its pulse
    since: float = field(default_factory=time.monotonic)  # when it was seen first
    asked: float = field(default_factory=time.monotonic)  # when who takes it was asked last
    said: str = ""  # why nobody does

    def look(self, client: SyncPrefectClient) -> State:
        """Return the run's state, once its new lines stand in this run's log."""
        try:
            run = client.read_flow_run(self.id)
            if not (run.state and run.state.is_scheduled()):  # it says nothing yet, and there may be hundreds
                self.pass_on(client)
        except httpx.HTTPError:
            self.since = time.monotonic()  # nothing is heard, for nobody can be asked
            raise
        sign = run.state_name, run.labels.get(PULSE)
        if sign != self.sign:
            self.sign, self.since = sign, time.monotonic()
        return run.state or Pending()

    def pass_on(self, client: SyncPrefectClient) -> None:
        of_run = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[self.id]))
        while True:
            start = max(len(self.lines) - LATE, 0)
            page = client.read_logs(of_run, offset=start, sort=LogSort.TIMESTAMP_ASC)
            new = [line for line in page if line.id not in self.lines]
            for line in new:
                if line.name == OWN and not line.message.startswith(ENGINE):
                    get_run_logger().log(line.level, line.message)
            if not new:
                return
            self.lines.update(line.id for line in new)

    def given_up(self, client: SyncPrefectClient, state: State) -> str:
        """Return why nothing more is to be expected of the run; empty while something is."""
        silent = time.monotonic() - self.since
        if state.is_running() and silent > SILENCE:
            return f"no sign of life for {silent:.0f} s: its worker was killed, or its machine is gone"
        if state.is_pending() and silent > START and silent > self._start(client):
            return f"not started {silent:.0f} s after a worker took it: that worker was killed, or its machine is gone"
        return ""

    def _start(self, client: SyncPrefectClient) -> float:
        return START if client.read_work_pool(self.pool).type == PROCESS else START_CONTAINER

    def say_who_is_missing(self, client: SyncPrefectClient, state: State) -> None:
        """Say why nobody takes the run, and say it again where that has changed."""
        if not state.is_scheduled() or time.monotonic() - self.asked < PATIENCE:
            return
        self.asked, why = time.monotonic(), waits_for(client, self.pool)
        if why != self.said:
            level = logging.INFO if is_served(client, self.pool) else logging.WARNING
            get_run_logger().log(level, "waits: %s", why)
            self.said = why


def answer(ask: Callable[[], T], stopping: threading.Event) -> T:
    """Return what the server answers. Raises UserError where it does not for long, Stopped where this run ends."""
    asked = time.monotonic()
    while True:
        try:
            return ask()
        except httpx.HTTPError as error:
            if stopping.is_set():
                raise Stopped from None
            if time.monotonic() - asked > SERVER:
                raise UserError(
                    f"the Prefect server at {PREFECT_API_URL.value()} has not answered for {SERVER:g} s ({error}): "
                    f"start it; what is computed elsewhere stays there, and the next run takes it from there"
                ) from None
        time.sleep(TURN)


def ended(run: FlowRun, pool: str, stopping: threading.Event) -> State:
    """Return the final state of a run. Raises Stopped, once the run has ended too, where this one is cancelled."""
    followed = Followed(run.id, pool)
    with get_client(sync_client=True) as client:
        while not (state := answer(partial(_final, followed, client, stopping), stopping)):
            time.sleep(TURN)
        return state


def _final(followed: Followed, client: SyncPrefectClient, stopping: threading.Event) -> State | None:
    try:
        state = followed.look(client)
    except ObjectNotFound:
        return Failed(message="its flow run was deleted")
    if state.is_final():
        followed.pass_on(client)
        return state
    if stopping.is_set():
        _end(followed, client)
        raise Stopped
    lost: State | None = None
    try:
        if reason := followed.given_up(client, state):
            lost = Crashed(message=reason)
        else:
            followed.say_who_is_missing(client, state)
    except ObjectNotFound:  # both ask for the pool
        make = f"`prefect work-pool create {shlex.quote(followed.pool)} --type process` makes it again"
        lost = Failed(message=f"the work pool {followed.pool!r} was deleted: {make}; then run this again")
    if lost:
        client.set_flow_run_state(followed.id, lost, force=True)
    return lost


def _end(followed: Followed, client: SyncPrefectClient) -> None:
    """Have the run end, and wait for that; one that somebody deletes meanwhile has."""
    with suppress(ObjectNotFound):
        client.set_flow_run_state(followed.id, Cancelling())
        deadline = time.monotonic() + ENDING
        while not followed.look(client).is_final() and time.monotonic() < deadline:
            time.sleep(TURN)

"""How a stage takes its turn where it needs what there is little of, such as a card."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
from prefect.concurrency.sync import concurrency
from prefect.settings import PREFECT_API_URL

from core.errors import UserError
from flows.commands import Stopped
from flows.workspace import Log, Workspace

TURN = 15  # seconds of waiting for a slot before looking whether the run is cancelled; Prefect's patience is 30


@contextmanager
def slot(resource: str | None, work: Workspace, log: Log) -> Iterator[None]:
    """Hold one slot of the global concurrency limit that the resource names, where the server has such a limit."""
    held = ExitStack()
    has_said = False
    while resource:
        try:
            held.enter_context(concurrency(resource, timeout_seconds=TURN, raise_on_lease_renewal_failure=False))
            break
        except TimeoutError:
            if work.stopping.is_set():
                raise Stopped from None
            ask_server(resource)
            if not has_said:
                log.info("waits for a slot of the concurrency limit %r", resource)
            has_said = True
    try:
        yield
    finally:
        try:
            held.close()
        except httpx.HTTPError as error:  # the stage is through all the same, and the server lets the lease run out
            log.warning("the Prefect server, to which a slot of %r goes back, does not answer: %s", resource, error)


def ask_server(resource: str) -> None:
    # Prefect's client tries again for minutes, so that a server that has gone looks like a slot that is taken.
    if api := PREFECT_API_URL.value():
        try:
            httpx.get(f"{api}/health", timeout=10)
        except httpx.HTTPError as error:
            raise UserError(
                f"the Prefect server at {api}, which grants slots of {resource!r}, is gone: {error}"
            ) from None

"""Slots of the server's concurrency limits, such as `gpu`: where there is such a limit, work waits for one."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.settings import PREFECT_API_URL

from core.base.errors import UserError
from flows.subprocesses import Stopped

LEASE = 60  # seconds after which the server takes back a slot whose holder was killed; Prefect allows no fewer
TURN = 15  # seconds of waiting for a slot before looking whether the run is cancelled; Prefect's patience is 30
WAITS = (
    "waits for a slot of the concurrency limit %r; should nothing hold one, `prefect gcl update %s --active-slots 0` "
    "frees them"
)


@contextmanager
def slot(resource: str | None, is_stopping: Callable[[], bool]) -> Iterator[None]:
    """Hold one slot of the global concurrency limit that the resource names, where the server has such a limit.

    Raises Stopped where the run is cancelled before there is one, UserError where there never can be.
    """
    held = ExitStack()
    has_said = False
    while resource and _is_limited(resource):
        try:
            held.enter_context(
                concurrency(resource, timeout_seconds=TURN, lease_duration=LEASE, raise_on_lease_renewal_failure=False)
            )
            break
        except TimeoutError:
            if is_stopping():
                raise Stopped from None
            _ask_server(resource)
            if not has_said:
                get_run_logger().info(WAITS, resource, shlex.quote(resource))
            has_said = True
    try:
        yield
    finally:
        try:
            held.close()
        except httpx.HTTPError as error:  # the work is through all the same, and the server lets the lease run out
            message = "the Prefect server, to which a slot of %r goes back, does not answer: %s"
            get_run_logger().warning(message, resource, error)


def _is_limited(resource: str) -> bool:
    """Whether the server has such a limit: Prefect would warn of one that it has not, at each stage.

    Raises UserError where the limit has no slot at all.
    """
    with suppress(httpx.HTTPError), get_client(sync_client=True) as client:
        try:
            limit = client.read_global_concurrency_limit_by_name(resource)
        except ObjectNotFound:
            return False
        if limit.active and limit.limit < 1:
            name = shlex.quote(resource)
            raise UserError(
                f"the concurrency limit {resource!r} has no slot: `prefect gcl update {name} --limit 1` gives it one, "
                f"`prefect gcl delete {name}` removes it"
            )
    return True


def _ask_server(resource: str) -> None:
    # Prefect's client tries again for minutes, so that a server that has gone looks like a slot that is taken.
    if api := PREFECT_API_URL.value():
        try:
            httpx.get(f"{api}/health", timeout=10)
        except httpx.HTTPError as error:
            raise UserError(
                f"the Prefect server at {api}, which grants slots of {resource!r}, is gone: {error}"
            ) from None

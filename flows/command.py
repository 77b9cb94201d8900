"""A flow run from the command line: with a server, a message at its end, and no traceback for a user's mistake."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_API_URL

from core.base.errors import UserError
from flows.prefect_server import provide_server


def without_traceback(record: logging.LogRecord) -> bool:
    """Leave the traceback out of a line about a server that does not answer: run_flow() says it in words."""
    if record.exc_info and isinstance(record.exc_info[1], httpx.HTTPError):
        record.exc_info = None
    return True


def run_flow(flow: Callable[..., State[Any]], known: str, **parameters: Any) -> None:
    """Run a flow and print its message. Raises UserError where it did not end well; `known` is what stays then."""
    logging.getLogger("prefect.flow_runs").addFilter(without_traceback)
    try:
        provide_server()
        state = flow(**parameters, return_state=True)
    except (httpx.HTTPError, RuntimeError) as error:
        if not isinstance(error, httpx.HTTPError) and "Failed to reach API" not in str(error):
            raise
        raise UserError(
            f"the Prefect server at {PREFECT_API_URL.value()} does not answer ({error}): start it, or unset "
            f"PREFECT_API_URL; {known}, and the same command goes on from there"
        ) from None
    if not state.is_completed():
        raise UserError(str(state.message))
    print(state.message)

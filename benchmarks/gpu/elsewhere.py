"""Calls in a process of their own, which can hang or die without ending the benchmark."""

import faulthandler
import multiprocessing
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

PRINTING = 3  # seconds before time runs out at which a process prints where it is
Calls = Sequence[tuple[Callable[..., Any], tuple[Any, ...]]]  # each with its arguments


def elsewhere(calls: Calls, deadline: float) -> list[Any]:
    """Return what the calls return, made one after the other in a process of their own. Raises what they raise.

    Raises TimeoutError where time runs out, after the process has printed where it is, and EOFError where it dies.
    """
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe(duplex=False)
    process = spawn.Process(target=answer, args=(there, calls, deadline - time.monotonic()))
    process.start()
    there.close()
    try:
        found = []
        for call, _ in calls:
            if not here.poll(max(1, deadline - time.monotonic())):
                raise TimeoutError(f"{call.__name__} takes too long")
            found.append(here.recv())
            if isinstance(found[-1], Exception):
                raise found[-1]
        return found
    finally:
        process.kill()
        process.join()


def answer(there: Any, calls: Calls, seconds: float) -> None:
    """Send what each call returns or raises."""
    faulthandler.enable()
    faulthandler.dump_traceback_later(max(1, seconds - PRINTING))
    for call, given in calls:
        try:
            there.send(call(*given))
        except Exception as error:
            traceback.print_exc()
            there.send(RuntimeError(f"{type(error).__name__}: {error}"))

"""Fewer rows at a time where the device runs out of memory."""

from collections.abc import Callable
from typing import TypeVar

from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size

from core.errors import UserError

T = TypeVar("T")


def fitting(attempt: Callable[[int], T], name: str, batch_size: int, processes: int) -> T:
    """Return what `attempt` returns, given as many rows at a time as the device can hold, `batch_size` at most.

    Raises UserError where a single row in each process is too much.
    """
    rows = batch_size
    while True:
        try:
            return attempt(rows)
        except RuntimeError as error:
            if not should_reduce_batch_size(error):
                raise
        # Not within `except`: there the error would still hold what filled the memory.
        clear_device_cache(garbage_collection=True)
        fewer = halved(rows, batch_size, processes)
        if not fewer:
            each = " in each process" if processes > 1 else ""
            raise UserError(
                f"{name}: out of memory with one row at a time{each}: lower tokenization.max_length, or choose a "
                "smaller model"
            )
        print(
            f"{name}: out of memory with {rows} rows at a time: {fewer} at a time, "
            f"accumulated over {batch_size // fewer}",
            flush=True,
        )
        rows = fewer


def halved(rows: int, batch_size: int, processes: int) -> int:
    """Return half of `rows`, or the nearest count below that divides a batch and is divided by the processes; else 0.

    transformers' auto_find_batch_size would take fewer rows a step; here a step stays the same.
    """
    counts = range(processes, rows // 2 + 1, processes)
    return max((count for count in counts if batch_size % count == 0), default=0)

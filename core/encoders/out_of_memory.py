"""Fewer rows at a time where the device runs out of memory."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from accelerate.utils.memory import clear_device_cache

from core.base.errors import UserError

T = TypeVar("T")
WORDS = (  # of CUDA, HIP, XPU, MPS; of cuBLAS, hipBLAS and cuDNN; of CPUs; of HPUs
    "out of memory",
    "status_alloc_failed",
    "can't allocate memory",
    "cannot allocate memory",
    "pt_devmem allocation failed",
    "cudnn_status_not_supported",  # at times said for the same reason
)


def is_short(error: BaseException) -> bool:
    """Return whether an error says, in whatever words, that a device's memory or this machine's is full."""
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in WORDS)


def fit(attempt: Callable[[], T]) -> T | None:
    """Return what `attempt` returns; None where memory does not suffice, which is then free again."""
    try:
        return attempt()
    except (RuntimeError, MemoryError) as error:
        if not is_short(error):
            raise
    # Not within `except`: there the error would still hold what filled the memory.
    clear_device_cache(garbage_collection=True)
    return None


def fewer(rows_at_a_time: int, longest: int) -> int:
    """Return half of the rows that memory did not hold at a time, and print it. Raises UserError for a single one.

    `longest` says how many tokens the longest of them has.
    """
    if rows_at_a_time == 1:
        raise UserError(
            f"out of memory with one row of {longest} tokens at a time: lower tokenization.max_length, choose a "
            "smaller model, or end what else uses the memory"
        )
    print(f"out of memory with {rows_at_a_time} rows at a time: {rows_at_a_time // 2} at a time", flush=True)
    return rows_at_a_time // 2


def fitting(attempt: Callable[[int], T], name: str, batch_size: int, processes: int) -> T:
    """Return what `attempt` returns, given as many rows at a time as the device can hold, `batch_size` at most.

    Raises UserError where a single row in each process is too much.
    """
    rows_at_a_time = batch_size
    while True:
        result = fit(partial(attempt, rows_at_a_time))
        if result is not None:
            return result
        half = halved(rows_at_a_time, batch_size, processes)
        if not half:
            where = " in each process" if processes > 1 else ""
            raise UserError(
                f"{name}: out of memory with one row at a time{where}: lower tokenization.max_length, or choose a "
                "smaller model"
            )
        print(
            f"{name}: out of memory with {rows_at_a_time} rows at a time: {half} at a time, "
            f"accumulated over {batch_size // half}",
            flush=True,
        )
        rows_at_a_time = half


def halved(rows_at_a_time: int, batch_size: int, processes: int) -> int:
    """Return half of the rows, or the nearest count below that divides a batch and is divided by the processes; else 0.

    transformers' auto_find_batch_size would take fewer rows a step; here a step stays the same.
    """
    counts = range(processes, rows_at_a_time // 2 + 1, processes)
    return max((count for count in counts if batch_size % count == 0), default=0)

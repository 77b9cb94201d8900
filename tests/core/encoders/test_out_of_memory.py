"""Fewer rows at a time, until they fit or a single one does not."""

import os

import pytest
import torch

from core.base.errors import UserError
from core.encoders.out_of_memory import fitting, halved
from tasks.finetuning.processes import together

CPU = "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate"


SHORT = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"),
    RuntimeError(CPU),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("HIP error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("MPS backend out of memory (MPS allocated: 9.00 GB, other allocations: 1 GB, max allowed: 9.07 GB)"),
    MemoryError(),
]


def holding(most: int, error: Exception):
    def attempt(rows: int) -> int:
        if rows > most:
            raise error
        return rows

    return attempt


@pytest.mark.parametrize("error", SHORT, ids=str)
def test_rows_are_halved_until_they_fit_and_each_time_a_line_says_so(capsys, error):
    assert fitting(holding(4, error), "seed 11", 16, 1) == 4
    assert capsys.readouterr().out.splitlines() == [
        "seed 11: out of memory with 16 rows at a time: 8 at a time, accumulated over 2",
        "seed 11: out of memory with 8 rows at a time: 4 at a time, accumulated over 4",
    ]


def room_for_two(rows: int) -> int:
    if rows > 2 and os.environ["RANK"] == "1":
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB")
    return rows


def test_where_one_of_two_processes_runs_out_of_memory_both_take_half_the_rows(capsys):
    assert fitting(lambda rows: together(2, room_for_two, rows), "seed 11", 4, 2) == 2
    assert "seed 11: out of memory with 4 rows at a time: 2 at a time" in capsys.readouterr().out


@pytest.mark.parametrize(("processes", "said"), [(1, "one row at a time: lower"), (2, "one row at a time in each")])
def test_where_a_single_row_is_too_much_the_user_is_told_what_to_change(processes, said):
    with pytest.raises(UserError, match=f"seed 11: out of memory with {said}.*tokenization.max_length"):
        fitting(holding(0, torch.OutOfMemoryError("CUDA out of memory. Tried")), "seed 11", 4, processes)


def test_another_error_is_left_as_it_is():
    with pytest.raises(RuntimeError, match="shapes"):
        fitting(holding(0, RuntimeError("shapes do not match")), "seed 11", 4, 1)


@pytest.mark.parametrize(
    ("rows", "batch_size", "processes", "expected"),
    [(16, 16, 1, 8), (12, 12, 1, 6), (3, 12, 1, 1), (7, 7, 1, 1), (6, 12, 2, 2), (2, 12, 2, 0), (1, 16, 1, 0)],
)
def test_the_halves_of_a_batch_fill_it_and_can_be_shared(rows, batch_size, processes, expected):
    assert halved(rows, batch_size, processes) == expected

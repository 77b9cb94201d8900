"""Several processes work together, and what one of them raises arrives once."""

import os
import time

import pytest
from torch import distributed

from core.errors import UserError
from core.launch import together


def meet() -> list[int]:
    distributed.init_process_group("gloo")
    met = [0] * distributed.get_world_size()
    distributed.all_gather_object(met, distributed.get_rank())
    return met


def fail(kind: str) -> None:
    if os.environ["RANK"] == "0":
        time.sleep(60)
    raise UserError("first\nof all", "second") if kind == "user" else ZeroDivisionError("ours")


def test_one_process_is_this_one():
    assert together(1, os.getpid) == os.getpid()


def test_two_processes_reach_each_other_and_the_first_one_answers():
    assert together(2, meet) == [0, 1]


def test_what_the_user_can_mend_arrives_as_it_was(capfd):
    started = time.monotonic()
    with pytest.raises(UserError) as caught:
        together(2, fail, "user")
    assert caught.value.problems == ("first", "of all", "second")
    assert time.monotonic() - started < 55  # the other process was not waited for
    assert "Traceback" not in capfd.readouterr().err


def test_a_fault_of_ours_arrives_with_its_traceback():
    with pytest.raises(RuntimeError, match="in fail\n(?s:.*)ZeroDivisionError: ours"):
        together(2, fail, "ours")

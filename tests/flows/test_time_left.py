"""The time that is left, told from cells that were computed."""

from dataclasses import dataclass

import pytest

from flows.time_left import TimeLeft, in_words


@dataclass
class Waiting:
    technique: str
    labels: int


def test_larger_draws_take_longer_as_those_seen_did_and_cells_run_side_by_side():
    times = TimeLeft()
    for labels, seconds in [(16, 10.0), (16, 14.0), (32, 20.0)]:
        times.took(Waiting("slow", labels), seconds)
    times.took(Waiting("quick", 16), 1.0)
    waiting = [Waiting("slow", 64), Waiting("slow", 16), Waiting("quick", 500)]
    assert times.left(waiting, 1) == pytest.approx(36 + 12 + 1)
    assert times.left(waiting, 2) == pytest.approx(49 / 2)
    assert times.left(waiting[:1], 8) == pytest.approx(36)


def test_nothing_is_said_while_a_technique_has_not_been_seen():
    times = TimeLeft()
    times.took(Waiting("quick", 16), 1.0)
    assert times.left([Waiting("quick", 16), Waiting("slow", 16)], 1) is None


def test_no_cell_takes_less_than_nothing():
    times = TimeLeft()
    times.took(Waiting("slow", 32), 1.0)
    times.took(Waiting("slow", 64), 3.0)
    assert times.left([Waiting("slow", 8)], 1) == 0


def test_durations_are_said_as_people_say_them():
    assert [in_words(seconds) for seconds in (4.4, 89, 600, 8000)] == ["4 s", "89 s", "10 min", "2.2 h"]

"""A user's mistake ends with 1 and a list, never with a traceback; a fault of ours keeps its traceback."""

import errno

import pytest

from core.base.errors import UserError, run


def stop(capsys: pytest.CaptureFixture[str], error: Exception) -> str:
    def stage() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        run(stage)
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_every_problem_is_listed(capsys):
    said = stop(capsys, UserError("first", "second"))
    assert "stopped: 2 problems\n  - first\n  - second\n" in said


def test_a_full_disk_is_said_so(capsys):
    def stage() -> None:
        with open("/dev/full", "w") as file:
            file.write("x" * 10**6)

    with pytest.raises(SystemExit):
        run(stage)
    assert "the disk is full" in capsys.readouterr().err


def test_a_full_disk_is_recognised_in_the_words_of_other_libraries(capsys):
    assert "the disk is full" in stop(capsys, RuntimeError("I/O error: No space left on device (os error 28)"))
    assert "the disk is full" in stop(capsys, OSError(errno.EDQUOT, "quota"))


def test_a_fault_of_ours_is_not_dressed_up():
    def stage() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(stage)


def test_arguments_reach_the_stage():
    given: list[str] = []

    def stage(argument: str) -> None:
        given.append(argument)

    run(stage, "11")
    assert given == ["11"]


def test_arguments_that_a_stage_does_not_take_are_refused(capsys):
    with pytest.raises(SystemExit):
        run(lambda: None, "--help")
    assert "`--help` is too much: it takes no arguments" in capsys.readouterr().err

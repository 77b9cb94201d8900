"""What differs while a run goes on, and how often DVC is asked for it."""

import fcntl
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from core.base.errors import UserError
from flows.dvc_project import Stage
from flows.records import Records
from flows.status import Status
from flows.subprocesses import Stopped
from flows.warm_dvc import WarmDvc

NAMES = ["many@a-b", "many@c", "grid@1-u", "grid@1-v-w", "join", "start-up"]
FIRST = 2  # questions that look() asks
MOVED = [{"changed deps": {"seed.txt": "modified"}}]


class Counted(WarmDvc):
    """DVC, with what it was asked."""

    def __init__(self) -> None:
        super().__init__(threading.Event())
        self.asked: list[tuple[str, ...]] = []

    def output(self, folder: Path, *command: str) -> str:
        self.asked.append(command)
        return super().output(folder, *command)


@pytest.fixture
def dvc() -> Iterator[Counted]:
    with closing(Counted()) as counted:
        yield counted


@pytest.fixture
def status(computed, dvc) -> Status:
    return Status(computed.folder, Records(computed.folder, threading.Event()), dvc)


def test_an_input_that_another_stage_has_changed_is_read_from_dvc_lock(computed, status, dvc):
    stages, first = status.look()
    assert first == {} and sorted(stages) == sorted([*NAMES, "../raw.txt.dvc"])
    computed.write("../raw.txt", "other\n")
    computed.run("dvc", "repro", "--quiet", "start-up")
    assert status.changes(stages["many@c"]) == MOVED
    assert status.changes(stages["grid@1-u"]) == MOVED
    assert dvc.asked[FIRST:] == []


def test_what_else_differs_stands_beside_it(computed, status, dvc):
    computed.write("each.sh", "echo $1 $1; cat seed.txt\n")
    stages, _ = status.look()
    computed.write("../raw.txt", "other\n")
    computed.run("dvc", "repro", "--quiet", "start-up")
    assert status.changes(stages["many@c"]) == [{"changed deps": {"each.sh": "modified", "seed.txt": "modified"}}]
    assert dvc.asked[FIRST:] == []


def test_dvc_is_asked_where_an_input_is_again_what_it_was(computed, status, dvc):
    (computed.folder / "seed.txt").write_text("lost\n")
    stages, first = status.look()
    assert first["many@c"] == MOVED
    computed.run("dvc", "repro", "--quiet", "start-up")
    assert status.changes(stages["many@c"]) == []
    assert len(dvc.asked) == FIRST + 1


def test_a_stage_that_never_ran_is_known_to_differ(foreign, dvc):
    status = Status(foreign.folder, Records(foreign.folder, threading.Event()), dvc)
    stages, _ = status.look()
    foreign.run("dvc", "repro", "--quiet", "start-up")
    assert status.changes(stages["many@c"]) != []
    assert dvc.asked[FIRST:] == []


def test_stages_that_ask_at_one_time_share_an_answer(computed, status, dvc):
    stages, _ = status.look()
    computed.write("params.yaml", "seed: {first: 2}\n")
    with ThreadPoolExecutor(len(NAMES)) as pool:
        answers = dict(zip(NAMES, pool.map(lambda name: status.changes(stages[name]), NAMES), strict=True))
    assert [name for name, changes in answers.items() if changes] == ["start-up"]
    assert len(dvc.asked) <= FIRST + 3, "the first for itself, the rest together"


def test_what_has_changed_since_the_last_answer_is_seen(computed, status):
    stages, _ = status.look()
    assert status.changes(stages["start-up"]) == []
    computed.write("params.yaml", "seed: {first: 2}\n")
    assert status.changes(stages["start-up"]) != []


def test_one_stage_that_dvc_cannot_tell_of_is_no_matter_of_the_others(status):
    names = ("join", "no-such-stage", "many@c")
    with ThreadPoolExecutor(3) as pool:
        first, wrong, last = (pool.submit(status.changes, Stage(name)) for name in names)
        assert (first.result(), last.result()) == ([], [])
        with pytest.raises(UserError, match="no-such-stage"):
            wrong.result()


def test_a_run_that_is_cancelled_while_stages_ask_is_cancelled_for_each_of_them(computed, status, dvc):
    stages, _ = status.look()
    assert [status.changes(stages[name]) for name in NAMES] == [[]] * len(NAMES)  # so that dvc.lock is known
    with (computed.top / ".dvc/tmp/lock").open("a") as lock, ThreadPoolExecutor(len(NAMES)) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)
        asked = [pool.submit(status.changes, stages[name]) for name in NAMES]
        threading.Timer(1, dvc.stopping.set).start()
        assert [type(each.exception()) for each in asked] == [Stopped] * len(NAMES)


def test_ctrl_c_ends_the_first_questions_while_another_command_has_dvcs_lock(computed, status):
    with (computed.top / ".dvc/tmp/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        threading.Timer(1, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            status.look()

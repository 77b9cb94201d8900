"""The locks that DVC and the flow share, in both of their kinds."""

import threading

import pytest

from flows import dvc_lock
from flows.dvc_project import Stage
from flows.ready import make_ready
from flows.records import Records
from flows.subprocesses import Stopped


@pytest.fixture(params=["false", "true"], ids=["of the system", "hard links"])
def locking(computed, request):
    """The foreign project, by what core.hardlink_lock says."""
    computed.run("dvc", "config", "core.hardlink_lock", request.param)
    for lock in (dvc_lock.RECORDS, dvc_lock.COMMANDS):
        (computed.top / lock).unlink(missing_ok=True)  # DVC takes no file of the other kind
    return computed


def test_dvc_has_to_wait_while_its_records_are_written_and_not_afterwards(locking):
    with dvc_lock.held(locking.top / dvc_lock.RECORDS, threading.Event()):
        assert "Unable to acquire lock" in locking.run("dvc", "status", ends_with=255)
    assert (locking.top / ".dvc/tmp/rwlock").is_file()
    make_ready(locking.folder)  # which looks at it
    assert "up to date" in locking.run("dvc", "status")


def test_whoever_reads_or_writes_records_waits_for_the_one_who_writes_them(locking):
    read = []
    reader = threading.Thread(target=lambda: read.append(Records(locking.folder, threading.Event()).of(Stage("join"))))
    with dvc_lock.held(locking.top / dvc_lock.RECORDS, threading.Event()):
        reader.start()
        reader.join(3)
        assert read == []
    reader.join(60)
    assert list(read[0].outs) == ["join.txt", "scores.json"]


def test_whoever_waits_for_a_lock_ends_when_the_run_is_cancelled(locking):
    lock, stopping, ends = locking.top / dvc_lock.RECORDS, threading.Event(), []

    def wait() -> None:
        with pytest.raises(Stopped), dvc_lock.held(lock, stopping):
            pass
        ends.append("stopped")

    waiting = threading.Thread(target=wait)
    with dvc_lock.held(lock, threading.Event()):
        waiting.start()
        waiting.join(1)
        assert ends == []
        stopping.set()
        waiting.join(60)
        assert ends == ["stopped"]
    with dvc_lock.held(lock, stopping):  # what is free needs no waiting
        pass

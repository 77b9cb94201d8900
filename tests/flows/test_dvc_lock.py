"""The locks that DVC and the flow share, in both of their kinds."""

import threading

import pytest

from flows import dvc_lock
from flows.dvc_project import Stage
from flows.ready import make_ready
from flows.records import Records


@pytest.fixture(params=["false", "true"], ids=["of the system", "hard links"])
def locking(computed, request):
    """The foreign project, by what core.hardlink_lock says."""
    computed.run("dvc", "config", "core.hardlink_lock", request.param)
    for lock in (dvc_lock.RECORDS, dvc_lock.COMMANDS):
        (computed.top / lock).unlink(missing_ok=True)  # DVC takes no file of the other kind
    return computed


def test_dvc_has_to_wait_while_its_records_are_written_and_not_afterwards(locking):
    with dvc_lock.held(locking.top / dvc_lock.RECORDS):
        assert "Unable to acquire lock" in locking.run("dvc", "status", ends_with=255)
    assert (locking.top / ".dvc/tmp/rwlock").is_file()
    make_ready(locking.folder)  # which looks at it
    assert "up to date" in locking.run("dvc", "status")


def test_whoever_reads_or_writes_records_waits_for_the_one_who_writes_them(locking):
    read = []
    reader = threading.Thread(target=lambda: read.append(Records(locking.folder).of(Stage("join"))))
    with dvc_lock.held(locking.top / dvc_lock.RECORDS):
        reader.start()
        reader.join(3)
        assert read == []
    reader.join(60)
    assert list(read[0].outs) == ["join.txt", "scores.json"]

"""What dvc.lock has of a stage, by the paths that the project's folder knows them by."""

import fcntl
import threading
from concurrent.futures import ThreadPoolExecutor, wait

from flows.dvc_lock import RECORDS
from flows.dvc_project import Stage, read_stages
from flows.records import Records


def test_a_stage_that_never_ran_has_no_entry_until_it_has_run(foreign):
    records, stage = Records(foreign.folder, threading.Event()), Stage("start-up")
    assert records.of(stage) is None
    foreign.run("dvc", "repro", "--quiet", "start-up")
    assert list(records.of(stage).outs) == ["seed.txt"]
    assert records.of(stage).parameters == {"params.yaml": {"seed.first": 1}}
    assert records.of(Stage("join")) is None


def test_paths_are_those_of_the_projects_folder(stages):
    project = stages("  inner: {cmd: 'cp -r ../code made', wdir: in, deps: [../code, ../each.sh], outs: [made]}\n")
    project.write("code/a.py", "a\n")
    project.write("in/kept", "")
    project.run("dvc", "repro", "--quiet")
    record = Records(project.folder, threading.Event()).of(read_stages(project.folder)["inner"])
    assert list(record.outs) == ["in/made"]
    assert sorted(record.deps) == ["code", "each.sh"]
    assert record.folders == {"code": record.outs["in/made"]}


def test_a_record_that_dvc_is_writing_is_read_when_it_is_whole(computed):
    records, stage = Records(computed.folder, threading.Event()), Stage("join")
    lock = computed.folder / "dvc.lock"
    whole = lock.read_text()
    with (computed.top / RECORDS).open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        lock.write_text(whole[:100])
        read = []
        reader = threading.Thread(target=lambda: read.append(records.of(stage)))
        reader.start()
        reader.join(0.5)
        assert read == []
        lock.write_text(whole)
    reader.join(60)
    assert list(read[0].outs) == ["join.txt", "scores.json"]


def test_what_has_not_changed_is_known_while_dvc_holds_its_lock(computed):
    records, stage = Records(computed.folder, threading.Event()), Stage("join")
    known = records.of(stage)
    with (computed.top / RECORDS).open("a") as guard, ThreadPoolExecutor() as pool:
        fcntl.flock(guard, fcntl.LOCK_EX)
        again = pool.submit(records.of, stage)
        wait([again], timeout=60)
        is_known = again.done()
        fcntl.flock(guard, fcntl.LOCK_UN)
    assert is_known and again.result() == known

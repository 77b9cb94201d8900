"""A snapshot that comes as bytes: unpacked once on a machine, whoever asks, and gone with the last who needs it."""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cloudpickle
import pytest

import study
from study.cells.elsewhere import bench_of, close, name_of, packed

WORKER = """
import sys, json
print(json.dumps({"device": "cpu"}), flush=True)
for line in sys.stdin:
    sys.stdout.write(json.dumps({"kind": "computed", "reason": "", "size": 4}) + "\\nhere"); sys.stdout.flush()
"""


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A temporary folder that stands for a machine's."""
    place = tmp_path / "machine"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return place


@pytest.fixture
def archive(tmp_path):
    (tmp_path / "snapshot/study/cells").mkdir(parents=True)
    (tmp_path / "snapshot/study/cells/worker.py").write_text(WORKER, encoding="utf-8")
    return packed(tmp_path / "snapshot")


def there(machine: Path) -> list[str]:
    return sorted(place.name for folder in machine.glob("acclimate-study-*") for place in folder.iterdir())


def test_an_archive_has_the_same_bytes_whenever_it_is_packed(tmp_path, archive):
    os.utime(tmp_path / "snapshot/study/cells/worker.py", (0, 0))
    assert packed(tmp_path / "snapshot") == archive


def test_it_is_unpacked_once_for_all_and_gone_when_it_is_closed(machine, archive):
    asked = []
    name = name_of(archive)
    with ThreadPoolExecutor(8) as pool:
        benches = list(pool.map(lambda _: bench_of(name, lambda: asked.append(1) or archive), range(8)))
    assert len(asked) == 1 and len({id(bench) for bench in benches}) == 1
    assert benches[0].compute("{}")["content"] == b"here"
    assert there(machine) == [name]
    close(name)
    assert there(machine) == []
    assert benches[0].compute("{}")["kind"] == "lost"


ELSEWHERE = """
import os, pickle, sys
name, archive, bench_of = pickle.load(open(sys.argv[1], "rb"))
print(bench_of(name, lambda: archive).compute("{}")["content"].decode(), flush=True)
if sys.argv[2] == "waits": sys.stdin.read()
if sys.argv[2] == "dies": os.kill(os.getpid(), 9)
"""


def test_it_works_where_the_project_is_not_and_the_last_process_takes_it_away(machine, archive, tmp_path):
    """As on Dask and Ray: functions come by value."""
    cloudpickle.register_pickle_by_value(study)
    (tmp_path / "sent").write_bytes(cloudpickle.dumps((name_of(archive), archive, bench_of)))
    cloudpickle.unregister_pickle_by_value(study)

    def start(how: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-P", "-c", ELSEWHERE, str(tmp_path / "sent"), how]
        without = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return subprocess.Popen(command, cwd=machine, env=without, text=True, **pipes)

    waits, ends, dies = start("waits"), start("ends"), start("dies")
    assert [process.stdout.readline() for process in (waits, ends, dies)] == ["here\n"] * 3
    ends.wait(), dies.wait()
    assert there(machine) == [name_of(archive)]
    waits.communicate()
    assert there(machine) == []


def test_what_a_killed_process_has_left_goes_with_the_next(machine, archive, tmp_path):
    close(name_of(archive))
    bench_of(name_of(archive), lambda: archive)
    left = next(machine.glob("acclimate-study-*")) / "left"
    (left / "models").mkdir(parents=True)
    close(name_of(archive))
    assert not left.exists()

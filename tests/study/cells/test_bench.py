"""Processes that compute cells, and what is said of one that ends in the middle. They run a toy in a worker's place."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from study.cells.bench import Bench

ROOT = Path(__file__).parents[3]
TOY = """
import json, os, signal, sys, time
print("started", file=sys.stderr)
if os.path.exists("refuse"): sys.exit("the package is missing")
print(json.dumps({"device": "card"}), flush=True)
for line in sys.stdin:
    cell = json.loads(line)
    with open("log", "a") as log: log.write(f"{os.getpid()} {cell['name']}\\n")
    time.sleep(cell.get("seconds", 0))
    if cell.get("dies"): os.kill(os.getpid(), signal.SIGKILL)
    said = {"kind": cell.get("kind", "computed"), "reason": "", "size": 300000}
    sys.stdout.write(json.dumps(said) + "\\n" + cell["name"] * 300000)
    sys.stdout.flush()
"""


@pytest.fixture
def snapshot(tmp_path):
    """A folder with a worker that answers with its cell's name, of one letter, 300000 times."""
    place = tmp_path / "study/cells/worker.py"
    place.parent.mkdir(parents=True)
    place.write_text(TOY, encoding="utf-8")
    return tmp_path


@pytest.fixture
def bench(snapshot):
    made = Bench(snapshot)
    yield made
    made.close()


def computed(folder: Path) -> list[list[str]]:
    return [line.split() for line in (folder / "log").read_text().splitlines()]


def test_a_process_serves_many_cells_one_after_another(bench, snapshot):
    answers = [bench.compute(f'{{"name": "{name}"}}') for name in "abc"]
    assert [answer["content"] for answer in answers] == [name.encode() * 300000 for name in "abc"]
    assert {answer["kind"] for answer in answers} == {"computed"}
    assert len({process for process, _ in computed(snapshot)}) == 1


def test_each_caller_has_a_process_of_its_own(bench, snapshot):
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(bench.compute, ['{"name": "a", "seconds": 2}', '{"name": "b", "seconds": 2}']))
    assert [answer["content"][:1] for answer in answers] == [b"a", b"b"]
    assert len({process for process, _ in computed(snapshot)}) == 2
    assert all(2 <= answer["seconds"] < 4 for answer in answers)


def test_a_cell_whose_process_is_killed_is_lost_and_the_next_has_another(bench):
    answer = bench.compute('{"name": "a", "dies": true}')
    assert (answer["kind"], answer["content"]) == ("lost", b"")
    assert answer["reason"].startswith("its process was killed: by the system, where memory is short")
    assert bench.compute('{"name": "b"}')["kind"] == "computed"


def test_memory_that_was_full_is_left_with_its_process(bench, snapshot):
    assert bench.compute('{"name": "a", "kind": "out of memory"}')["kind"] == "out of memory"
    bench.compute('{"name": "b"}')
    assert len({process for process, _ in computed(snapshot)}) == 2


def test_a_machine_that_can_compute_nothing_says_why(bench, snapshot):
    (snapshot / "refuse").touch()
    answer = bench.compute('{"name": "a"}')
    assert (answer["kind"], answer["reason"]) == ("refused", "the package is missing")


def test_what_a_cell_holds_is_held_while_it_is_computed_and_hangs_on_the_device(bench):
    held = []

    @contextmanager
    def slot(device):
        held.append(f"takes {device}")
        yield
        held.append("gives back")

    bench.compute('{"name": "a"}', slot)
    assert held == ["takes card", "gives back"]


def test_closing_ends_cells_under_way_and_the_processes(bench, snapshot):
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(bench.compute, '{"name": "a", "seconds": 60}')
        while not (snapshot / "log").exists():
            time.sleep(0.05)
        bench.close()
        assert under_way.result(timeout=120)["kind"] == "lost"
    assert not psutil.pid_exists(int(computed(snapshot)[0][0]))
    assert bench.compute('{"name": "b"}') == {
        "kind": "lost",
        "reason": "the study was ended",
        "content": b"",
        "seconds": 0,
    }


def test_a_process_sees_the_snapshot_alone_on_one_thread_and_no_hub(bench, snapshot, monkeypatch, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "study").mkdir()
    (elsewhere / "study/__init__.py").write_text("raise SystemExit('of elsewhere')")
    monkeypatch.setenv("PYTHONPATH", str(elsewhere))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert bench.compute('{"name": "a"}')["kind"] == "computed"
    of_it = psutil.Process(int(computed(snapshot)[0][0])).environ()
    assert of_it["OMP_NUM_THREADS"] == of_it["HF_HUB_OFFLINE"] == "1"


KILLED = """
import sys, threading; from study.cells.bench import Bench
Bench(sys.argv[1]).compute('{"name": "a", "seconds": 600}')
"""


def test_no_worker_outlives_whoever_started_it(snapshot):
    """With the real worker's way to end: a thread that reads stdin."""
    real = (ROOT / "study/cells/worker.py").read_text(encoding="utf-8")
    toy = real.split("def answer")[0] + (
        "\nanswers, lines = own_stdout(), lines_of_stdin()\nprint('printed')\n"
        'answers.write(b\'{"device": "cpu"}\\n\'); answers.flush()\n'
        "open('log', 'w').write(str(os.getpid()))\nimport time; time.sleep(600)\n"
    )
    (snapshot / "study/cells/worker.py").write_text(toy, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, "-c", KILLED, str(snapshot)], cwd=ROOT)
    while not (snapshot / "log").exists() or not (snapshot / "log").read_text():
        time.sleep(0.05)
    worker = psutil.Process(int((snapshot / "log").read_text()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    worker.wait(timeout=120)

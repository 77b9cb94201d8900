"""The flow `study` on a project whose cells take no time, wherever they are computed, and however it ends."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

from tests.flows.conftest import commands_in


def waits_for(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_study_computes_what_is_missing_then_its_report_and_a_wider_grid_only_what_is_new(toy, study):
    toy.wants({}, {})
    run = study()
    assert run.message == ("2 cells computed; 1 of 3 stages cached; ran study/dvc.yaml:cells, study/dvc.yaml:report")
    assert toy.files() == {f"cell00{n}.parquet": f"cell00{n}".encode() * 1000 for n in (1, 2)}
    assert run.names["toy 8 a class, draw 2"] == "Completed"
    of_run = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
    with get_client(sync_client=True) as client:
        shown = client.read_artifacts(artifact_filter=of_run)
    assert [(artifact.data, artifact.description) for artifact in shown] == [(100.0, "2 of 2 cells")]

    assert study().message == "every cell was there; 3 of 3 stages cached"
    toy.wants({}, {}, {})
    assert study().message == "1 cells computed; 1 of 3 stages cached; ran study/dvc.yaml:cells, study/dvc.yaml:report"
    assert toy.log("begins").count("cell001") == 1


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"where": "cloud"}, "where is 'cloud': name threads"),
        ({"workers": 0}, "workers is 0: at least one cell"),
        ({"where": "tcp://127.0.0.1:9"}, "no Dask cluster answers at tcp://127.0.0.1:9"),
    ],
)
def test_a_mistake_ends_the_run_before_any_task(toy, study, parameters, said):
    pytest.importorskip("prefect_dask", reason="`pip install '.[dask]'` is not done")
    run = study(**parameters)
    assert run.state.is_failed() and said in run.message
    assert run.names == {}


def test_from_the_command_line_a_mistake_shows_no_traceback(toy):
    said = toy.run("python", "-m", "flows.learning_curve", "--where", "cloud", ends_with=1)
    assert "flows.learning_curve stopped: 1 problem\n  - where is 'cloud'" in said
    assert "Traceback" not in said


def test_a_study_killed_at_any_moment_goes_on_where_it_stopped_and_leaves_no_process(toy):
    """Four times in a row, the moments by chance."""
    toy.wants(*[{"seconds": 0.4}] * 24)
    chance = random.Random(1)
    for _ in range(4):
        there, begun = set(toy.files()), len(toy.log("begins"))
        flow = toy.start("python", "-m", "flows.learning_curve", "--workers", "2")
        waits_for(lambda begun=begun: len(toy.log("begins")) > begun)
        time.sleep(chance.uniform(0, 2))
        flow.send_signal(signal.SIGKILL)
        flow.communicate()
        waits_for(lambda: commands_in(toy.folder, "study.cells") == [])
        assert not there & {f"{name}.parquet" for name in toy.log("begins")[begun:]}
    toy.run("python", "-m", "flows.learning_curve", "--workers", "2")
    assert toy.files() == {f"cell{n:03}.parquet": f"cell{n:03}".encode() * 1000 for n in range(1, 25)}


def test_ctrl_c_ends_the_cells_and_leaves_what_was_computed(toy):
    toy.wants({}, {"seconds": 60})
    flow = toy.start("python", "-m", "flows.learning_curve", "--workers", "2")
    waits_for(lambda: list(toy.files()) == ["cell001.parquet"] and "cell002" in toy.log("begins"))
    flow.send_signal(signal.SIGINT)
    said, _ = flow.communicate(timeout=240)
    assert commands_in(toy.folder, "study.cells") == []
    assert list(toy.files()) == ["cell001.parquet"], said


def test_a_dask_worker_killed_in_mid_cell_costs_its_own_cell_alone(toy, study):
    pytest.importorskip("prefect_dask", reason="`pip install '.[dask]'` is not done")
    toy.wants({"seconds": 0}, {"seconds": 0}, {"seconds": 6}, {"seconds": 6}, *[{"seconds": 0.2}] * 4)
    victim: list[str] = []

    def kill() -> None:
        waits_for(lambda: {"cell003", "cell004"} <= set(toy.log("begins")) and len(toy.files()) == 2)
        line = next(line for line in toy.lines() if line.startswith("begins cell003"))
        victim.append(line)
        psutil.Process(int(line.split()[2])).parent().kill()

    killer = threading.Thread(target=kill)
    killer.start()
    run = study(where="dask", workers=2)
    killer.join()
    assert run.state.is_completed(), run.message
    assert run.message.startswith("8 cells computed; ")
    assert toy.files() == {f"cell{n:03}.parquet": f"cell{n:03}".encode() * 1000 for n in range(1, 9)}
    begun = toy.log("begins")
    assert {name: begun.count(name) for name in set(begun)} == {f"cell{n:03}": 2 if n == 3 else 1 for n in range(1, 9)}


def test_dask_workers_that_share_nothing_with_the_project_compute_the_same(toy, study, tmp_path):
    pytest.importorskip("prefect_dask", reason="`pip install '.[dask]'` is not done")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    without = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    dask = [sys.executable, "-m", "dask"]
    scheduler = [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", "at"]
    worker = [*dask, "worker", "--scheduler-file", "at", "--nthreads", "1", "--no-dashboard", "--memory-limit", "0"]
    started = [subprocess.Popen(command, cwd=elsewhere, env=without) for command in (scheduler, worker)]
    try:
        waits_for((elsewhere / "at").exists)
        toy.wants({}, {})
        run = study(where=json.loads((elsewhere / "at").read_text())["address"])
        assert run.state.is_completed(), run.message
        assert toy.files() == {f"cell00{n}.parquet": f"cell00{n}".encode() * 1000 for n in (1, 2)}
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=120)


def test_ray_computes_the_same(toy, study):
    pytest.importorskip("prefect_ray", reason="`pip install '.[ray]'` is not done")
    toy.wants({}, {"times": 1, "ends": "killed"})
    run = study(where="ray", workers=1)
    assert run.message.startswith("2 cells computed; "), run.message
    assert toy.files() == {f"cell00{n}.parquet": f"cell00{n}".encode() * 1000 for n in (1, 2)}
    assert commands_in(toy.folder, "study.cells") == []


def test_threads_dask_and_ray_compute_the_same_bytes(project, study, monkeypatch):
    pytest.importorskip("prefect_dask", reason="`pip install '.[dask]'` is not done")
    pytest.importorskip("prefect_ray", reason="`pip install '.[ray]'` is not done")
    monkeypatch.chdir(project.folder)
    values = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    values["study"] |= {
        "sizes": {"per_class": [2], "shares": [0.5]},
        "repetitions": {"few": 1, "many": 1, "all": 1},
        "techniques": ["tf_idf", "finetuning"],
        "largest": {},
    }
    Path("params.yaml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    cells = Path("data/study/cells")
    computed = {}
    for where in ("threads", "dask", "ray"):
        run = study(where=where, workers=2)
        assert run.state.is_completed(), run.message
        assert run.message.startswith("4 cells computed; "), run.message
        computed[where] = {path.name: path.read_bytes() for path in cells.glob("[!.]*")}
        shutil.rmtree(cells)
    assert len(computed["threads"]) == 4
    assert computed["threads"] == computed["dask"] == computed["ray"]

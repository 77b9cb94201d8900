"""A project on three machines that share a git remote, a DVC remote and a Prefect server, and nothing else."""

import os
import random
import signal
import socket
import subprocess
from contextlib import ExitStack

import pytest
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelling

from tests.conftest import ROOT
from tests.flows.conftest import commands_in, waited_for
from tests.flows.kills import Rounds
from tests.flows.machines import kill

COMPUTED = ["begin", "choose", "train@1", "train@2"]


@pytest.fixture(scope="module")
def pools(server):
    """Two work pools of the tests' server."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate

    with get_client(sync_client=True) as client:
        for pool in ("gpu-pool", "other-pool"):
            client.create_work_pool(WorkPoolCreate(name=pool, type="process"), overwrite=True)
        yield client


PLACED = ("--place", "gpu=gpu-pool")


@pytest.fixture
def at_work(team, pools):
    """A worker of gpu-pool in each of the clones."""
    with ExitStack() as stack:
        for place in team.places.values():
            stack.enter_context(place.worker("gpu-pool"))
        assert waited_for(lambda: len(pools.read_workers_for_work_pool("gpu-pool")) >= 2)
        yield


def training(team, *arguments):
    """Return a run whose stage is under way in the first clone, and does not end."""
    (team.folder / "hold").touch()
    before = team.log_of("first").count("- epoch 1/2")
    run = team.home.start_run(*PLACED, "train@1", *arguments)
    assert waited_for(lambda: team.log_of("first").count("- epoch 1/2") > before or run.poll() is not None)
    assert run.poll() is None, run.communicate()[0]
    return run


def goes_on(team, run):
    (team.folder / "hold").unlink()
    return run.communicate(timeout=240)[0]


def computed_at(place):
    log = place.folder.with_suffix(".log").read_text(encoding="utf-8")
    return sorted(line.rpartition("> ")[2] for line in log.splitlines() if " - > " in line)


def test_placed_stages_run_elsewhere_and_all_is_as_if_they_had_run_here(team, at_work, reproduce):
    home = team.home.folder
    (home / ".gitattributes").write_text("*.json text eol=crlf\n")  # DVC's hashes are of the bytes that are there
    (home / "models/1").mkdir(parents=True)
    (home / "models/1/mine").touch()  # in no cache; it goes, as it does when the stage runs here
    run = reproduce(places={"gpu": "gpu-pool"}, workers=2)
    assert run.state.is_completed(), run.message
    assert [name for name in run.ran if name in COMPUTED] == COMPUTED
    assert run.messages["train@1"].startswith("at gpu-pool: ran in ")
    assert run.messages["train@1"].endswith(" s: never run before")
    assert run.log().count("epoch 2/2 of 2") == 1
    assert team.home.is_clean()
    assert not (home / "models/1/mine").exists()
    # one stage each: a worker takes one at a time
    assert sorted(line for place in team.places.values() for line in computed_at(place)) == [
        "sh train.sh 1",
        "sh train.sh 2",
    ]
    assert all(len(computed_at(place)) == 1 for place in team.places.values())
    # nothing of the user's moves, and nothing is left behind
    assert team.refs() == []
    assert team.home.run("git", "branch", "--show-current").strip() == "main"
    assert team.home.run("git", "diff", "--cached", "--name-only") == ""
    assert all(place.run("git", "status", "--porcelain") == "" for place in team.places.values())

    kept = {path: path.stat().st_mtime_ns for path in team.remote.rglob("*")}
    again = reproduce(places={"gpu": "gpu-pool"})
    assert set(again.names.values()) == {"Cached"}
    assert kept == {path: path.stat().st_mtime_ns for path in team.remote.rglob("*")}

    alone = team.folder / "alone"
    subprocess.run(["git", "clone", "--quiet", team.bare, alone], check=True)
    team.home.run("sh", "-c", f"cd {alone} && dvc pull --quiet raw.txt && dvc repro --quiet")
    for name in ("models/1/weights", "notes/2.json", "chosen.txt", "models/2/weights"):
        assert (alone / name).read_bytes() == (home / name).read_bytes()


def test_a_worker_in_the_folder_of_the_run_itself_is_refused(team, pools, monkeypatch):
    from flows.placed import placed
    from flows.run_refs import refs_of

    monkeypatch.chdir(team.home.folder)
    with refs_of(team.home.folder, "a-run") as refs:
        state = placed(f"{refs}/train-1", "train@1", return_state=True)
    assert (
        state.is_failed() and "where the run works that waits for it: start it in a clone of its own" in state.message
    )


def with_package(machine, version):
    """Install a package beside a machine's flows, in this version."""
    packages = machine.folder.with_name(f"{machine.folder.name}-packages-{version}")
    (packages / f"toy_package-{version}.dist-info").mkdir(parents=True)
    (packages / f"toy_package-{version}.dist-info/METADATA").write_text(f"Name: toy-package\nVersion: {version}\n")
    machine.path = f"{ROOT}{os.pathsep}{packages}"


def test_when_a_machine_is_gone_its_stage_has_failed_and_one_with_other_packages_takes_over_only_if_it_may(team, pools):
    home, place = team.home, team.places["first"]
    text = (home.folder / "dvc.yaml").read_text()
    (home.folder / "dvc.yaml").write_text(text.replace("[rate]", "[rate, packages.yaml: [toy-package]]"))
    (home.folder / "packages.yaml").write_text("toy-package: none\n")
    for machine in (home, place):
        with_package(machine, "1.0")
    with place.worker("gpu-pool") as worker:
        run = training(team)
        kill(worker.pid)
        said = run.communicate(timeout=240)[0]
    assert run.returncode == 1
    assert "train@1 failed: at gpu-pool: no sign of life for" in said
    assert "its worker was killed, or its machine is gone" in said
    (team.folder / "hold").unlink()
    assert team.refs() == []
    with_package(place, "2.0")
    with place.worker("gpu-pool"):
        said = home.reproduce(*PLACED, "train@1", ends_with=1)
        assert "another environment than where the run was started: toy-package 1.0 -> 2.0. Install the first" in said
        assert "ran train@1" in home.reproduce(*PLACED, "train@1", "--other-environment")
    assert home.is_clean("train@1")


def test_a_killed_run_loses_nothing_and_the_next_waits_for_its_stage_and_takes_the_result(team, pools):
    with team.places["first"].worker("gpu-pool") as worker:
        run = training(team)
        kill(run.pid)
        assert team.refs() != []
        os.kill(worker.pid, signal.SIGKILL)  # and the worker alone, which would not take another stage before
        with team.places["first"].worker("gpu-pool"):
            again = team.home.start_run(*PLACED, "train@1")
            assert waited_for(lambda: "waiting for it to end" in team.log_of("first"))
            said = goes_on(team, again)
    assert again.returncode == 0, said
    assert "at gpu-pool: computed on" in said
    assert computed_at(team.places["first"]) == ["sh train.sh 1"]
    assert team.refs() == []


def test_remotes_that_refuse_a_result_are_named_and_the_next_run_takes_it_from_the_place(team, pools):
    with team.places["first"].worker("gpu-pool"):
        run = training(team)
        team.remote.rename(team.folder / "full")
        team.remote.touch()
        said = goes_on(team, run)
        assert run.returncode == 1
        assert "train@1 failed: at gpu-pool: `dvc --wait-for-lock push" in said
        team.remote.unlink()
        (team.folder / "full").rename(team.remote)

        hook = team.bare / "hooks/pre-receive"
        hook.write_text("#!/bin/sh\necho no refs today >&2; exit 1\n")
        hook.chmod(0o755)
        said = team.home.reproduce(*PLACED, "train@1", ends_with=1)
        assert "does not take a ref below refs/acclimate" in said and "no refs today" in said
        hook.unlink()

        assert "computed on" in team.home.reproduce(*PLACED, "train@1")
    assert computed_at(team.places["first"]) == ["sh train.sh 1"]
    assert team.home.is_clean("train@1")


def running_stage(client):
    """Return the flow run of the stage alone."""
    [placed, *_] = client.read_flow_runs(
        flow_run_filter=FlowRunFilter(name=FlowRunFilterName(like_="train@1 for ")), sort=FlowRunSort.START_TIME_DESC
    )
    assert placed.state_name == "Running"
    return placed.id


def test_a_stage_that_is_cancelled_alone_or_with_its_run_ends_with_all_that_it_has_started(team, pools):
    place = team.places["first"]
    limit = f"gpu@{socket.gethostname()}"
    pools.upsert_global_concurrency_limit_by_name(limit, 1)

    def is_over():
        held = pools.read_global_concurrency_limit_by_name(limit).active_slots
        return not (commands_in(place.folder, "train.sh") or held or team.refs())

    with place.worker("gpu-pool"):
        run = training(team)
        assert commands_in(place.folder, "train.sh") and not is_over()
        stage = running_stage(pools)
        pools.set_flow_run_state(stage, Cancelling())  # as the UI does
        said = run.communicate(timeout=240)[0]
        assert run.returncode == 1 and "train@1 failed: at gpu-pool: " in said and "cancelled" in said
        assert waited_for(is_over) is True
        assert pools.read_flow_run(stage).state.is_cancelled()

        run = training(team)
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=240)
        assert waited_for(is_over) is True
        (team.folder / "hold").unlink()
        assert "ran train@1" in team.home.reproduce(*PLACED, "train@1", "--set", "rate=2")  # in a worktree of its own
    pools.delete_global_concurrency_limit_by_name(limit)
    assert "waiting for it to end" not in team.log_of("first")


def test_a_stage_whose_flow_run_is_deleted_ends_and_its_worker_takes_the_next(team, pools):
    place = team.places["first"]
    with place.worker("gpu-pool"):
        run = training(team)
        pools.delete_flow_run(running_stage(pools))
        said = run.communicate(timeout=240)[0]
        assert run.returncode == 1 and "train@1 failed: at gpu-pool: its flow run was deleted" in said
        assert waited_for(lambda: not commands_in(place.folder, "train.sh"))
        (team.folder / "hold").unlink()
        assert "ran train@1" in team.home.reproduce(*PLACED, "train@1")


def test_whatever_is_killed_the_next_run_goes_on_and_nothing_is_lost(tmp_path):
    rounds = Rounds(tmp_path, "train@1")
    try:
        rounds.round(1, random.Random(7))  # `python -m tests.flows.kills` does as many as are asked for
    finally:
        rounds.close()

"""A project on three machines that share a git remote, a DVC remote and a Prefect server, and nothing else."""

import subprocess
from contextlib import ExitStack

import pytest

from tests.flows.conftest import waited_for

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


@pytest.fixture
def at_work(team, pools):
    """A worker of gpu-pool in each of the clones."""
    with ExitStack() as stack:
        for place in team.places.values():
            stack.enter_context(place.worker("gpu-pool"))
        assert waited_for(lambda: len(pools.read_workers_for_work_pool("gpu-pool")) >= 2)
        yield


def computed_at(place):
    log = place.folder.with_suffix(".log").read_text(encoding="utf-8")
    return sorted(line.rpartition("> ")[2] for line in log.splitlines() if " - > " in line)


def test_placed_stages_run_elsewhere_and_all_is_as_if_they_had_run_here(team, at_work, reproduce):
    run = reproduce(places={"gpu": "gpu-pool"}, workers=2)
    assert run.state.is_completed(), run.message
    assert [name for name in run.ran if name in COMPUTED] == COMPUTED
    assert run.messages["train@1"].startswith("at gpu-pool: ran in ")
    assert run.messages["train@1"].endswith(" s: never run before")
    assert run.log().count("epoch 2/2 of 2") == 1
    assert team.home.is_clean()
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
        assert (alone / name).read_bytes() == (team.home.folder / name).read_bytes()

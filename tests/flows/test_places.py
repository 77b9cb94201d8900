"""Which stages go to which work pool, and what stops a run before any of its stages."""

import pytest


@pytest.fixture
def home(server, team):
    return team.home


def test_a_resource_that_no_stage_needs_is_named(home, reproduce):
    run = reproduce(places={"gpux": "gpu-pool"}, targets=["begin"])
    assert run.message == "places names gpux; `resource:` in the meta: of dvc.yaml names gpu"


def test_another_name_of_the_resource_moves_one_stage_alone_and_nothing_runs_again_for_it(home, reproduce):
    assert reproduce().state.is_completed()
    file = home.folder / "dvc.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("resource: gpu", "resource: trainer"), encoding="utf-8")
    assert set(reproduce(places={"trainer": "nowhere"}).names.values()) == {"Cached"}
    assert reproduce(places={"gpu": "nowhere"}).message.endswith("names trainer")


def test_a_pool_that_is_not_there_ends_the_run_before_any_task_unless_all_is_cached(home, reproduce):
    run = reproduce(places={"gpu": "nowhere"})
    assert "no work pool 'nowhere'" in run.message
    assert run.names == {}
    assert reproduce().state.is_completed()
    assert set(reproduce(places={"gpu": "nowhere"}).names.values()) == {"Cached"}


def test_without_a_dvc_remote_the_run_says_what_sets_one(home, reproduce):
    home.run("dvc", "remote", "default", "--unset")
    run = reproduce(places={"gpu": "gpu-pool"})
    assert "there is none: `dvc remote add --default NAME URL`" in run.message


def test_outputs_that_are_gone_come_back_without_a_worker(home, reproduce, pool):
    assert reproduce().state.is_completed()
    home.run("rm", "-r", "models/1")
    run = reproduce(places={"gpu": pool})
    assert run.names["train@1"] == "Cached"
    assert run.messages["train@1"] == "restored from DVC's cache, as in dvc.lock"
    assert home.is_clean()


@pytest.fixture
def pool(server):
    """The name of a pool for which nobody works."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate

    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name="empty", type="process"), overwrite=True)
    return "empty"


def test_the_command_names_a_place_that_has_no_pool(home):
    said = home.reproduce("--place", "gpu", ends_with=2)
    assert "--place gpu: write what a stage needs and the work pool that has it, as in gpu=gpu-pool" in said

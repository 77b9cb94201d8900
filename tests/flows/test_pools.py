"""Work pools that stages go to."""

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolCreate, WorkPoolUpdate

from core.base.errors import UserError
from flows import pools


@pytest.fixture
def client(server):
    with get_client(sync_client=True) as client:
        yield client


def test_a_pool_that_is_not_there_is_named_with_what_makes_it(client):
    with pytest.raises(UserError, match="no work pool 'nowhere': `prefect work-pool create nowhere --type process`"):
        pools.deploy(["nowhere"])


def test_the_commands_work_for_a_name_with_blanks(client):
    with pytest.raises(UserError, match="`prefect work-pool create 'our cards' --type process`.* --pool 'our cards' "):
        pools.deploy(["our cards"])


def test_a_pool_of_processes_needs_no_deployment_and_the_users_own_stays_as_it_is(client):
    client.create_work_pool(WorkPoolCreate(name="processes", type="process"))
    pools.deploy(["processes", "processes"])
    made = client.read_deployment_by_name("placed/processes")
    assert made.work_pool_name == "processes"
    client.update_deployment(made.id, DeploymentUpdate(description="ours"))
    pools.deploy(["processes"])
    assert client.read_deployment_by_name("placed/processes").description == "ours"


def test_a_pool_that_was_deleted_and_made_anew_has_its_deployment_again(client):
    for _ in range(2):
        client.create_work_pool(WorkPoolCreate(name="again", type="process"))
        pools.deploy(["again"])
        assert client.read_deployment_by_name("placed/again").work_pool_name == "again"
        client.delete_work_pool("again")


def test_a_pool_of_containers_needs_a_deployment_that_says_how(client):
    client.create_work_pool(WorkPoolCreate(name="containers", type="docker"))
    with pytest.raises(UserError, match="containers is a pool of type docker"):
        pools.deploy(["containers"])


def test_why_a_stage_waits_is_told(client):
    client.create_work_pool(WorkPoolCreate(name="idle", type="process"))
    assert pools.waits_for(client, "idle").startswith("no worker polls idle: `prefect worker start --pool idle")
    client.send_worker_heartbeat("idle", "a worker", heartbeat_interval_seconds=30)
    assert "busy" in pools.waits_for(client, "idle")
    client.update_work_pool("idle", WorkPoolUpdate(is_paused=True))
    assert "`prefect work-pool resume idle`" in pools.waits_for(client, "idle")

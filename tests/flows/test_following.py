"""A flow run elsewhere, followed: what is said of it while it waits, lives and falls silent."""

import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import LogCreate, WorkPoolCreate
from prefect.deployments import run_deployment
from prefect.states import Completed, Pending, Running

from flows import following, pools
from flows.subprocesses import Stopped
from tests.flows.conftest import waited_for


@pytest.fixture
def run(server):
    """A flow run at a pool for which nobody works, and a client."""
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name="followed", type="process"), overwrite=True)
        pools.deploy(["followed"])
        yield (
            run_deployment("placed/followed", parameters={"ref": "r", "stage": "s"}, timeout=0, as_subflow=False),
            client,
        )


def followed(run, stopping=None):
    states = []

    @flow
    def following_it() -> None:
        states.append(following.ended(run, "followed", stopping or threading.Event()))

    following_it()
    return states[0]


def later(seconds, act):
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


@pytest.mark.parametrize(("state", "patience"), [(Running(), "SILENCE"), (Pending(), "START")])
def test_a_run_that_falls_silent_has_crashed(run, monkeypatch, state, patience):
    run, client = run
    monkeypatch.setattr(following, patience, 2.0)
    client.set_flow_run_state(run.id, state, force=True)
    ended = followed(run)
    assert ended.is_crashed()
    assert "that worker was killed" in ended.message or "its worker was killed" in ended.message
    assert client.read_flow_run(run.id).state.is_crashed()


def test_a_run_that_gives_signs_of_life_is_waited_for(run, monkeypatch):
    run, client = run
    monkeypatch.setattr(following, "SILENCE", 15.0)
    client.set_flow_run_state(run.id, Running(), force=True)

    def lives() -> None:
        for number in range(20):
            client.update_flow_run_labels(UUID(str(run.id)), {pools.PULSE: number})
            time.sleep(1)
        client.set_flow_run_state(run.id, Completed(message="well"), force=True)

    later(0, lives)
    assert followed(run).message == "well"


def test_a_run_that_nobody_takes_ends_when_this_one_is_cancelled(run, monkeypatch, caplog):
    run, client = run
    monkeypatch.setattr(following, "PATIENCE", 1.0)
    stopping = threading.Event()

    def stops_once_it_is_said() -> None:
        waited_for(lambda: "waits: no worker" in caplog.text)
        stopping.set()

    later(0, stops_once_it_is_said)
    with pytest.raises(Stopped):
        followed(run, stopping)
    assert client.read_flow_run(run.id).state.is_cancelled()
    assert "waits: no worker polls followed: `prefect worker start --pool followed" in caplog.text


def test_no_line_is_lost_of_a_run_that_says_much_at_once(run, caplog):
    run, client = run
    said = [f"line {number}" for number in range(450)]
    now = datetime.now(UTC)
    client.create_logs(
        [
            LogCreate(
                name=following.OWN,
                level=20,
                message=line,
                timestamp=now + timedelta(microseconds=number),
                flow_run_id=run.id,
            )
            for number, line in enumerate(said)
        ]
    )
    client.set_flow_run_state(run.id, Completed(), force=True)
    followed(run)
    assert [record.message for record in caplog.records if record.message.startswith("line ")] == said


def test_a_server_that_does_not_answer_once_is_asked_again(monkeypatch):
    monkeypatch.setattr(following, "TURN", 0.1)
    answers = iter([httpx.ConnectError("no"), "well"])

    def ask():
        if isinstance(said := next(answers), Exception):
            raise said
        return said

    assert following.answer(ask, threading.Event()) == "well"


def test_a_run_that_somebody_deletes_has_failed(run):
    run, client = run
    later(2, lambda: client.delete_flow_run(run.id))
    assert followed(run).message == "its flow run was deleted"


def test_a_run_that_somebody_deletes_while_it_is_cancelled_has_ended(run):
    run, client = run
    client.set_flow_run_state(run.id, Running(), force=True)
    later(2, lambda: client.delete_flow_run(run.id))
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(Stopped):
        followed(run, stopping)


@pytest.mark.parametrize(("state", "patience"), [(None, "PATIENCE"), (Pending(), "START")])
def test_a_run_whose_pool_somebody_deletes_has_failed(run, monkeypatch, state, patience):
    run, client = run
    monkeypatch.setattr(following, patience, 1.0)
    if state:
        client.set_flow_run_state(run.id, state, force=True)
    client.delete_work_pool("followed")
    ended = followed(run)
    assert ended.is_failed()
    assert ended.message.startswith("the work pool 'followed' was deleted: `prefect work-pool create followed --type")
    assert client.read_flow_run(run.id).state.is_failed()

"""Slots of a concurrency limit of the server."""

import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from flows import slots
from flows.slots import slot
from flows.subprocesses import Stopped


def test_without_a_limit_nobody_waits_and_whoever_is_stopped_waits_no_longer(server, monkeypatch):
    monkeypatch.setattr(slots, "TURN", 0.5)
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name("one", 1)

    @flow
    def holding() -> None:
        with slot("unlimited", lambda: False), slot("unlimited", lambda: False), slot(None, lambda: False):
            pass
        with slot("one", lambda: False), pytest.raises(Stopped), slot("one", lambda: True):
            pass
        with slot("one", lambda: False):  # it was given back
            pass

    holding()

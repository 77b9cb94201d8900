"""Whoever has to know is told of a scheduled run that failed, and of a run that came out worse."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.conftest import ROOT
from tests.flows.conftest import waited_for

JUDGE = (
    "stages:\n  judge: {cmd: cp draft.json scores.json, deps: [draft.json], metrics: [scores.json], "
    "meta: {tags: {verdict: [bad, good]}}}\n"
)


class Hook(HTTPServer):
    """Somebody's webhook, and what it was told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Endpoint)
        self.told: list[str] = []


class Endpoint(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        self.server.told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[Hook]:
    with Hook() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


RUNS = """
import json
import pathlib
import sys
from prefect import tags
from flows.reproduce import reproduce

for stages, draft, tagged in json.loads(sys.argv[1]):
    pathlib.Path("dvc.yaml").write_text(stages)
    pathlib.Path("draft.json").write_text(draft)
    with tags(*tagged):
        print("MESSAGE", reproduce(return_state=True).message.splitlines()[0])
"""


@pytest.fixture
def judged(whole_server, foreign) -> Callable[..., list[str]]:
    """Return what runs the flow for each verdict, or without one, and returns the first lines of its messages.

    In a process of its own: this one's events go to the server that it met first.
    """

    def run(*runs: tuple[str, ...]) -> list[str]:
        each = [
            (JUDGE if verdict else "stages: {judge: {cmd: exit 3}}\n", f'{{"verdict": "{verdict}"}}', tagged)
            for verdict, *tagged in runs
        ]
        ran = subprocess.run(
            [sys.executable, "-c", RUNS, json.dumps(each)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        return [line.removeprefix("MESSAGE ") for line in ran.stdout.splitlines() if line.startswith("MESSAGE ")]

    return run


def test_a_run_that_came_out_worse_and_a_scheduled_one_that_failed_are_told_and_no_other(judged, hook):
    from prefect.client.orchestration import get_client

    from flows import tell

    for _ in range(2):
        tell.main(f"http://127.0.0.1:{hook.server_port}/")
        with get_client(sync_client=True) as client:
            assert len(client.read_automations()) == 2, "the same again is told once"
    messages = judged(("good",), ("good",), ("bad",), ("bad",), ("",), ("", "auto-scheduled"))
    assert [message.partition(";")[0] for message in messages[:4]] == [
        "verdict: good",
        "verdict: good",
        "verdict: bad, worse",
        "verdict: bad",
    ]
    assert all(message.startswith("judge failed") for message in messages[4:])
    assert waited_for(lambda: len(hook.told) > 1)
    worse, failed = hook.told
    assert "/runs/flow-run/" in worse and "/runs/flow-run/" in failed
    assert worse.endswith("\nworse than the run before: verdict: bad, worse")
    assert failed.endswith("\nFailed: judge failed"), "what a stage says of data quotes them"


def test_a_block_that_the_server_does_not_have_is_named(whole_server, foreign):
    from core.base.errors import UserError
    from flows import tell

    with pytest.raises(UserError, match="the Prefect server has no block 'slack-webhook/team': `prefect block ls`"):
        tell.main("slack-webhook/team")


def test_what_tells_nobody_is_refused(whole_server, foreign):
    from prefect.blocks.system import Secret

    from core.base.errors import UserError
    from flows import tell

    Secret(value="x").save("one", overwrite=True)
    for address, said in (
        ("secret/one", "'secret/one' tells nobody"),
        ("https://", "no address of a webhook"),
        ("ftp://a", "no address of a webhook"),
    ):
        with pytest.raises(UserError, match=said):
            tell.main(address)


def test_a_server_that_does_not_answer_and_one_that_is_not_named_are_said():
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    from core.base.errors import UserError
    from flows import tell

    for address, said in (("", "no Prefect server is named: `export"), ("http://127.0.0.1:9/api", "does not answer")):
        with (
            temporary_settings({PREFECT_API_URL: address, PREFECT_CLIENT_MAX_RETRIES: 0}),
            pytest.raises(UserError, match=said),
        ):
            tell.main("slack-webhook/team")

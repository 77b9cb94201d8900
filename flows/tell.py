"""Whom the Prefect server tells when a scheduled run failed, or a run came out worse: `python -m flows.tell ADDRESS`.

The address is that of a webhook, or a notification block of the server's, such as slack-webhook/team or
sendgrid-email/team, which sends mail.
"""

import argparse
import re
import sys
from typing import Any

import httpx
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import BlockDocument
from prefect.events.actions import CallWebhook, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL
from pydantic import SecretStr

from core.base.errors import UserError, run
from flows.run_story import CAME_OUT_WORSE

WEBHOOK = re.compile("https?://[^/]")
Resource = dict[str, str | list[str]]  # what an event is about

FLOW = "reproduce"
SCHEDULED: Resource = {
    "prefect.resource.id": "prefect.tag.auto-scheduled"
}  # Prefect gives this tag to the runs of a schedule
RUN = "{{ flow_run.name }} {{ flow_run|ui_url }}\n"


def actions(address: str, said: str, client: SyncPrefectClient) -> list[Any]:
    """Return what tells of a run. Raises UserError where the server has no such block."""
    if "://" in address:
        if not WEBHOOK.match(address):
            raise UserError(f"{address!r} is no address of a webhook, such as https://hooks.example.org/team")
        webhook = Webhook(url=SecretStr(address))
        webhook.save(FLOW, overwrite=True)
        address = f"webhook/{FLOW}"
    block = _block(address, client)
    if address.startswith("webhook/"):
        return [CallWebhook(block_document_id=block.id, payload=said)]
    if "notify" not in (block.block_schema.capabilities if block.block_schema else []):
        raise UserError(f"the block {address!r} tells nobody: it is no notification")
    return [SendNotification(block_document_id=block.id, subject="{{ flow.name }}", body=said)]


def _block(address: str, client: SyncPrefectClient) -> BlockDocument:
    kind, _, name = address.partition("/")
    try:
        return client.read_block_document_by_name(name, kind)
    except ObjectNotFound:
        raise UserError(
            f"the Prefect server has no block {address!r}: `prefect block ls` lists them; a webhook's address begins "
            "with https://"
        ) from None


def automations(address: str, client: SyncPrefectClient) -> list[AutomationCore]:
    """Return what waits for runs to tell of."""
    runs: Resource = {"prefect.resource.id": "prefect.flow-run.*"}
    of_flow: Resource = {"prefect.resource.role": "flow", "prefect.resource.name": FLOW}
    failed = EventTrigger(
        expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
        match=runs,
        match_related=[of_flow, SCHEDULED],
        posture=Posture.Reactive,
    )
    worse = EventTrigger(expect={CAME_OUT_WORSE}, match=runs, posture=Posture.Reactive)
    # Not the whole message: what a stage says of bad data quotes them, and texts stay on this machine.
    why = f"{RUN}{{{{ flow_run.state.name }}}}: {{{{ (flow_run.state.message or '').split(': ')[0] }}}}"
    outcome = f"{RUN}worse than the run before: {{{{ event.payload.outcome }}}}"
    return [
        AutomationCore(name=f"{FLOW}: a scheduled run failed", trigger=failed, actions=actions(address, why, client)),
        AutomationCore(name=f"{FLOW}: a run came out worse", trigger=worse, actions=actions(address, outcome, client)),
    ]


def main(*arguments: str) -> None:
    options = argparse.ArgumentParser(prog="python -m flows.tell", description="Whom the Prefect server tells.")
    options.add_argument("address", help="a webhook's, or a notification block such as slack-webhook/team")
    address = options.parse_args(arguments).address
    server = PREFECT_API_URL.value()
    if not server:
        raise UserError("no Prefect server is named: `export PREFECT_API_URL=http://127.0.0.1:4200/api`")
    try:
        with get_client(sync_client=True) as client:
            for new in automations(address, client):
                for old in client.read_automations_by_name(new.name):
                    client.delete_automation(old.id)
                client.create_automation(new)
                print(f"{address} is told of it: {new.name}")
    except httpx.HTTPError as error:
        raise UserError(f"the Prefect server at {server} does not answer: {error}") from None


if __name__ == "__main__":
    run(main, *sys.argv[1:])

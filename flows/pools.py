"""Work pools of the Prefect server: whether they are there, who works for them, and what their workers are to run."""

import shlex
from collections.abc import Iterable

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import WorkerStatus
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL

from core.base.errors import UserError

FLOW = "placed"
ENTRYPOINT = "flows.placed.placed"
PULSE = "acclimate.pulse"  # a label that changes for as long as the run lives
PROCESS = "process"
# The worker's own folder, which is in the clone: what is cloned there is used again.
WHERE_THE_WORKER_IS = {"prefect.deployments.steps.set_working_directory": {"directory": "."}}


def deployment(pool: str) -> str:
    """Return the name under which a pool's workers run stages."""
    return f"{FLOW}/{pool}"


def deploy(pools: Iterable[str]) -> None:
    """See that workers of these pools can be given stages. Raises UserError where a pool cannot be."""
    with get_client(sync_client=True) as client:
        for pool in sorted(set(pools)):
            kind = _type(client, pool)
            if not _is_deployed(client, pool):
                if kind != PROCESS:
                    raise UserError(
                        f"places: {pool} is a pool of type {kind}, and has no deployment {deployment(pool)}: "
                        "containers/prefect.yaml declares one for each pool, and `prefect deploy --all --prefect-file "
                        "containers/prefect.yaml` makes it"
                    )
                client.create_deployment(
                    client.create_flow_from_name(FLOW),
                    pool,
                    entrypoint=ENTRYPOINT,
                    work_pool_name=pool,
                    pull_steps=[WHERE_THE_WORKER_IS],
                    job_variables={"working_dir": "."},
                    description="Stages of a run, by workers of this pool.",
                )


def _is_deployed(client: SyncPrefectClient, pool: str) -> bool:
    """Whether the pool has its deployment; one of a pool that was deleted stays, and has no pool."""
    try:
        return client.read_deployment_by_name(deployment(pool)).work_pool_name == pool
    except ObjectNotFound:
        return False


def _type(client: SyncPrefectClient, pool: str) -> str:
    try:
        return client.read_work_pool(pool).type
    except ObjectNotFound:
        raise UserError(
            f"places: the Prefect server at {PREFECT_API_URL.value()} has no work pool {pool!r}: "
            f"`prefect work-pool create {shlex.quote(pool)} --type process` makes it; {_start(pool)}"
        ) from None


def _start(pool: str) -> str:
    return (
        f"`prefect worker start --pool {shlex.quote(pool)} --type process --limit 1`, in a clone of the project on the "
        f"machine that has what the stage needs, works for it"
    )


def waits_for(client: SyncPrefectClient, pool: str) -> str:
    """Return why a stage may be waiting for a worker, and what to do."""
    if client.read_work_pool(pool).is_paused:
        return f"{pool} is paused: `prefect work-pool resume {shlex.quote(pool)}`"
    if not is_served(client, pool):
        return f"no worker polls {pool}: {_start(pool)}"
    return f"the workers of {pool} are busy: one more worker, on another machine, would take it"


def is_served(client: SyncPrefectClient, pool: str) -> bool:
    """Whether a worker of a pool is there."""
    return any(worker.status == WorkerStatus.ONLINE for worker in client.read_workers_for_work_pool(pool))

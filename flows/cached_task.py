"""A stage that matches dvc.lock as a Prefect task that has ended, told to the server in one step."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any
from uuid import uuid4

from prefect.client.schemas.objects import State, TaskRun, TaskRunResult
from prefect.context import TagsContext
from prefect.futures import PrefectConcurrentFuture, PrefectFuture
from prefect.runtime import flow_run
from prefect.states import Completed
from prefect.utilities.engine import emit_task_run_state_change_event

from flows.dvc_project import Changes, Stage
from flows.stage_task import MATCHES, run_stage


def is_cached(stage: Stage, changes: Changes | None, force: bool) -> bool:
    """Whether there is nothing to do for a stage, and nothing to show of it but that."""
    return changes == [] and not force and not stage.metrics and not stage.meta.markdown


def as_cached(stage: Stage, upstream: Sequence[PrefectFuture[Any]]) -> PrefectFuture[Any]:
    """Return the future of a task run in the state Cached.

    Prefect's engine would start a thread for it, and tell its server of three states.
    """
    state: State[str] = Completed(name="Cached", message=MATCHES, data=MATCHES)  # what waits for it wants some result
    now: Any = state.timestamp  # Prefect has two types of times
    task_run = TaskRun(
        name=stage.name,
        flow_run_id=flow_run.id,
        task_key=run_stage.__qualname__,
        dynamic_key=str(uuid4()),
        tags=sorted(TagsContext.get().current_tags),
        task_inputs={"wait_for": [TaskRunResult(id=future.task_run_id) for future in upstream]},
        expected_start_time=now,
        start_time=now,
        end_time=now,
        run_count=1,
        state=state,
    )
    state.state_details.task_run_id, state.state_details.flow_run_id = task_run.id, task_run.flow_run_id
    emit_task_run_state_change_event(task_run, initial_state=None, validated_state=state)
    ended: Future[State[str]] = Future()
    ended.set_result(state)
    return PrefectConcurrentFuture(task_run.id, ended)

"""One cell of the study as one Prefect task. It travels by value to workers that have the packages alone."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Completed, Failed

from flows.slots import slot
from study.cells.bench import Answer, Bench


@dataclass(frozen=True)
class Cell:
    """What the flow must know of a cell."""

    name: str
    technique: str
    title: str
    labels: int
    gpu: bool
    line: str  # all of it, as JSON


def cell(line: str) -> Cell:
    """Return a cell of the plan."""
    known = json.loads(line)
    return Cell(
        name=known["name"],
        technique=known["technique"],
        title=f"{known['technique']} {known['size']}, draw {known['repetition']}",
        labels=len(known["drawn"]),
        gpu=known["gpu"],
        line=line,
    )


@flow(name="study")
def of_all_cells() -> None:
    """What a cell's task knows of its flow; the real one has more to it than can travel."""


@contextmanager
def traveling() -> Iterator[None]:
    """Let tasks that are submitted in the block take no more of their flow along than they need."""
    known = FlowRunContext.get()
    assert known
    token = FlowRunContext.__var__.set(known.model_copy(update={"flow": of_all_cells}))
    try:
        yield
    finally:
        FlowRunContext.__var__.reset(token)


def as_task(cell: Cell) -> Any:
    """Return the task of a cell."""
    return task(
        name=cell.technique,
        task_run_name=cell.title,
        cache_policy=NO_CACHE,  # the cell's file is the only record
        persist_result=False,
    )(compute)


def compute(bench: Callable[[], Bench], line: str, wants_card: bool) -> State[Answer]:
    """Return a state that carries what became of the cell, and says it."""
    here = bench()

    def card(device: str) -> AbstractContextManager[None]:
        return slot("gpu", lambda: here.is_closed) if wants_card and device != "cpu" else nullcontext()

    answer = here.compute(line, card)
    if answer["kind"] == "computed":
        return Completed(message=f"computed in {answer['seconds']:.1f} s", data=answer)
    return Failed(name=answer["kind"].capitalize(), message=answer["reason"], data=answer)

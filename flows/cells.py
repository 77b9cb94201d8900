"""Cells computed, wherever: each result is written as soon as it is there, and nothing else is trusted."""

import logging
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from queue import SimpleQueue
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.futures import PrefectFuture
from prefect.logging import get_run_logger

from core.base.errors import UserError
from flows.cell_places import Place
from flows.cell_task import Cell, as_task, traveling
from flows.show import created
from flows.time_left import TimeLeft, in_words
from study.cells.bench import Answer, answer
from study.cells.files import Failure, Kind, store, store_failure

TRIES = 3
SAID_TWICE = "Task run failed with state: "  # by Prefect, of a state that it logs as such, too
BY_CHANCE = ("lost", "out of memory")  # what another try may change
PAUSE = 1.0  # seconds between two updates of the progress artifact


def compute(cells: Sequence[Cell], place: Place) -> list[Failure]:
    """Compute cells and write their files; return why some have none.

    What fails by chance is tried again when all others are through, and at last alone, with all memory for itself.
    Raises UserError where a machine can compute nothing.
    """
    logging.getLogger("prefect.task_runs").addFilter(says_something_new)
    failures: list[Failure] = []
    shown = Progress(cells, place)
    waiting = list(cells)
    for number in range(1, TRIES + 1):
        again = []
        at_a_time = len(waiting) if number < TRIES else 1
        for cell, said in _answers(waiting, place, at_a_time):
            if said["kind"] == "refused":
                raise UserError(f"no cell can be computed where {cell.title} should have been: {said['reason']}")
            if said["kind"] == "computed":
                store(cell.name, said["content"])
            elif said["kind"] in BY_CHANCE and number < TRIES:
                get_run_logger().warning("%s: %s: %s; tried again", cell.title, said["kind"], said["reason"])
                again.append(cell)
                continue
            else:
                failures.append(Failure(cell=cell.title, kind=cast(Kind, said["kind"]), reason=said["reason"]))
                store_failure(cell.name, failures[-1])
            shown.show(cell, said)
        waiting = again
    return failures


def says_something_new(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(SAID_TWICE)


def counted(failures: Sequence[Failure]) -> str:
    """Return in words how many cells failed, by kind: the same whichever was the first to end."""
    by_kind = Counter(sorted(failure.kind for failure in failures))
    return ", ".join(f"{count} {kind}" for kind, count in by_kind.most_common())


def _answers(cells: Sequence[Cell], place: Place, at_a_time: int) -> Iterator[tuple[Cell, Answer]]:
    """Yield what became of each cell as soon as it is known.

    No future is kept longer than that: Dask computes again what it holds for somebody when a worker dies.
    """
    done: SimpleQueue[Cell] = SimpleQueue()
    waiting = deque(cells)
    futures: dict[str, PrefectFuture[Any]] = {}
    try:
        while waiting or futures:
            while waiting and len(futures) < at_a_time:
                cell = waiting.popleft()
                futures[cell.name] = _submitted(cell, place)
                futures[cell.name].add_done_callback(lambda _, cell=cell: done.put(cell))  # type: ignore[misc]
            cell = done.get()
            yield cell, _answer(futures.pop(cell.name))
    finally:
        place.cancel(futures.values())


def _submitted(cell: Cell, place: Place) -> PrefectFuture[Any]:
    parameters = {"bench": place.bench, "line": cell.line, "wants_card": cell.gpu}
    with traveling(), place.options(cell.gpu):
        submitted: PrefectFuture[Any] = place.runner.submit(as_task(cell), parameters)
    return submitted


def _answer(future: PrefectFuture[Any]) -> Answer:
    try:
        said = future.result(raise_on_failure=False)
    except (Exception, CancelledError) as error:  # of Dask or Ray: a worker has died once too often
        said = error
    if isinstance(said, dict) and "kind" in said:
        return cast(Answer, said)
    return answer("lost", f"{type(said).__name__}: {said}")


class Progress:
    """How many cells are through, in the log and as a progress artifact, with the time left."""

    def __init__(self, cells: Sequence[Cell], place: Place) -> None:
        self.all = len(cells)
        self.waiting = {cell.name: cell for cell in cells}
        self.place = place
        self.times = TimeLeft()
        self.artifact: UUID | None = created(
            create_progress_artifact, progress=0.0, key="study-cells", description=f"0 of {self.all} cells"
        )
        self.shown = time.monotonic()

    def show(self, cell: Cell, said: Answer) -> None:
        """Show that one more is through."""
        self.waiting.pop(cell.name)
        if said["kind"] == "computed":
            self.times.took(cell, said["seconds"])
        line = f"{self.all - len(self.waiting)} of {self.all} cells"
        if self.waiting and (left := self.times.left(self.waiting.values(), self.place.at_a_time())) is not None:
            line += f", about {in_words(left)} left"
        what = f"{said['seconds']:.1f} s" if said["kind"] == "computed" else f"{said['kind']}: {said['reason']}"
        get_run_logger().info("%s: %s (%s)", line, cell.title, what)
        if self.artifact and (not self.waiting or time.monotonic() - self.shown > PAUSE):
            percent = 100 * (1 - len(self.waiting) / self.all)
            created(update_progress_artifact, artifact_id=self.artifact, progress=percent, description=line)
            self.shown = time.monotonic()

"""A workspace in which the stages of a run work side by side, with all that they share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flows.records import Records
from flows.run_lock import Workspace, holding
from flows.status import Status
from flows.subprocesses import Stopped
from flows.warm_dvc import WarmDvc

TURN = 0.5  # seconds of waiting for a place before looking whether the run is cancelled


@dataclass(frozen=True)
class SharedWorkspace(Workspace):
    """A project's folder, held by one run for its stages."""

    records: Records
    status: Status
    dvc: WarmDvc
    places: threading.Semaphore  # how many more stages may run now
    unfinished: set[str] = field(default_factory=set)  # the stages that are to run, or have not ended well

    @contextmanager
    def place(self) -> Iterator[Callable[[], None]]:
        """Hold the place of one stage, and yield what leaves it early.

        Raises Stopped where the run is cancelled before there is one.
        """
        while not self.places.acquire(timeout=TURN):
            if self.stopping.is_set():
                raise Stopped
        with ExitStack() as held:
            held.callback(self.places.release)
            yield held.close


@contextmanager
def sharing(
    folder: Path, run_name: str, stopping: threading.Event, workers: int | None = None
) -> Iterator[SharedWorkspace]:
    """Hold the workspace for the stages of one run, of which at most `workers` run at a time; None: one for each core.

    A second run waits here until the first has ended.
    """
    if workers is None:
        from joblib import cpu_count  # here: it loads numpy

        workers = cpu_count()
    with holding(folder, run_name, stopping) as held, closing(WarmDvc(stopping)) as dvc:
        records = Records(folder, stopping)
        places = threading.Semaphore(workers)
        yield SharedWorkspace(folder, held.lock, stopping, records, Status(folder, records, dvc), dvc, places)

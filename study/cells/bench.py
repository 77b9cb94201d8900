"""Where cells are computed: processes in a snapshot's folder, each of which serves one caller at a time.

The standard library alone, so that all of it travels to a Dask or Ray worker that has the packages, but no project.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypedDict

COMMAND = ("-m", "study.cells.worker")
ENVIRONMENT = {  # one thread each, so that numbers hang on no machine's cores; nothing is fetched or reported
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"),
    **dict.fromkeys(("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"), "1"),
    **dict.fromkeys(("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK", "HF_HUB_DISABLE_PROGRESS_BARS"), "1"),
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONHASHSEED": "0",
}
LEADING_ASTRAY = ("PYTHONPATH", "PYTHONSAFEPATH", "PYTHONHOME")  # to other sources than the snapshot's
KEPT = 50  # lines of what a process says


class Answer(TypedDict):
    """What became of a cell."""

    kind: str  # computed, out of memory, not finite, error, lost, or refused: no process of this machine computes
    reason: str
    content: bytes  # of its file
    seconds: float


def answer(kind: str, reason: str, content: bytes = b"", seconds: float = 0.0) -> Answer:
    return Answer(kind=kind, reason=reason, content=content, seconds=seconds)


class Gone(Exception):
    """The process ended in the middle of something."""


class Refused(Exception):
    """No process can compute here."""


class Worker:
    """One process, which computes cells one after another."""

    def __init__(self, folder: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in LEADING_ASTRAY}
        self.process = subprocess.Popen(
            [sys.executable, *COMMAND],
            cwd=folder,
            env=kept | ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for who started it
        )
        self.said: deque[str] = deque(maxlen=KEPT)
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        self.device = ""  # until it has said it
        self.is_spent = False  # memory that was full may be in pieces
        self.ending = threading.Lock()

    def greet(self) -> None:
        """Wait until it is ready. Raises Refused where it never will be."""
        line = self._line()
        if not line:
            status = self.process.wait()
            self.listener.join()
            if status > 0:
                raise Refused(self.said[-1] if self.said else f"its process exited with {status}")
            raise Gone(ending(status))
        said = json.loads(line)
        if "refused" in said:
            raise Refused(said["refused"])
        self.device = said["device"]

    def compute(self, cell: str) -> Answer:
        """Return what became of a cell, which is a line of JSON. Raises Gone."""
        started = time.monotonic()
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(cell.strip().encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Gone(ending(self.process.wait())) from None
        line = self._line()
        said: dict[str, Any] = json.loads(line) if line else {"size": 1}
        content = self.process.stdout.read(said["size"])
        if len(content) < said["size"]:
            raise Gone(ending(self.process.wait()))
        self.is_spent = said["kind"] == "out of memory"
        return answer(said["kind"], said["reason"], content, time.monotonic() - started)

    def end(self) -> None:
        """End the process and all that it has started. Whoever reads of it reads its end."""
        with self.ending:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.listener.join()
            for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
                with suppress(OSError):
                    if pipe:
                        pipe.close()

    def _line(self) -> bytes:
        assert self.process.stdout
        line = self.process.stdout.readline()
        return line if line.endswith(b"\n") else b""

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            if text := line.decode(errors="replace").rpartition("\r")[2].strip():
                self.said.append(text)


def ending(status: int) -> str:
    """Return in words how a process ended."""
    if status == -signal.SIGKILL:
        return "its process was killed: by the system, where memory is short, or by hand"
    return f"its process ended by itself, with status {status}"


class Bench:
    """The processes on one snapshot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.Lock()
        self.workers: set[Worker] = set()
        self.idle: list[Worker] = []
        self.is_closed = False

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """Yield a process that serves nobody else. Raises Gone or Refused where there is none."""
        with self.lock:
            if self.is_closed:
                raise Gone("the study was ended")
            worker = self.idle.pop() if self.idle else Worker(self.folder)
            self.workers.add(worker)
        try:
            if not worker.device:
                worker.greet()
            yield worker
        except BaseException:
            self._drop(worker)
            raise
        if worker.is_spent:
            self._drop(worker)
        else:
            with self.lock:
                self.idle.append(worker)

    def compute(self, cell: str, slot: Callable[[str], AbstractContextManager[object]] = nullcontext) -> Answer:
        """Return what became of a cell, which is a line of JSON.

        `slot` is what is held while it is computed, given the kind of device.
        """
        try:
            with self.worker() as worker, slot(worker.device):
                return worker.compute(cell)
        except Gone as error:
            return answer("lost", str(error))
        except Refused as error:
            return answer("refused", str(error))

    def close(self) -> None:
        """End all processes; cells under way are lost."""
        with self.lock:
            self.is_closed = True
            workers, self.workers, self.idle = self.workers, set(), []
        for worker in workers:
            worker.end()

    def _drop(self, worker: Worker) -> None:
        with self.lock:
            self.workers.discard(worker)
        worker.end()

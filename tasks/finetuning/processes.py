"""Work that several processes do together; torch's elastic launcher starts, connects and ends them."""

import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import uuid4

import torch
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from core.base.errors import UserError
from core.encoders.device import device

T = TypeVar("T")


def together(processes: int, work: Callable[..., T], *arguments: Any) -> T:
    """Return what `work` returns, in the first of the processes where there are more than one.

    Raises what one of them raised: a UserError as it was, anything else as a RuntimeError that holds its traceback.
    """
    if processes == 1:
        return work(*arguments)
    _refuse_more_than_devices(processes)
    cores = (os.cpu_count() or 1) // processes
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores)))  # else each of them would use every core
    with TemporaryDirectory() as logs:
        try:
            return _launched(processes, logs, work, *arguments)
        except ChildFailedError as error:
            raise _cause(Path(logs), error) from None
        except SignalException as error:  # the launcher has ended the processes
            sys.exit(128 + error.sigval)


def _refuse_more_than_devices(processes: int) -> None:
    count = torch.accelerator.device_count()
    if device().type != "cpu" and processes > count:
        raise UserError(
            f"finetuning.processes is {processes}, and this machine has {count} of {device().type}: "
            f"set it to {count} at most, one process for each"
        )


def _launched(processes: int, logs: str, work: Callable[..., T], *arguments: Any) -> T:
    for name in ("torch.distributed.elastic.multiprocessing.api", "torch.multiprocessing.spawn"):
        logging.getLogger(name).disabled = True  # `_cause` says it once
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",  # a machine need not know its own name
        max_restarts=0,
        logs_specs=DefaultLogsSpecs(log_dir=logs),
    )
    values: dict[int, T] = elastic_launch(config, _connected)(work, *arguments)
    return values[0]


def _connected(work: Callable[..., T], *arguments: Any) -> T:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second one, while Python exits, would show a traceback
    value = work(*arguments)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    return value


def _cause(logs: Path, error: ChildFailedError) -> Exception:
    """Return what the processes have noted: when one fails, the others may fail of having lost it."""
    notes = [json.loads(path.read_text(encoding="utf-8"))["message"] for path in sorted(logs.rglob("error.json"))]
    for note in notes:
        kind, _, problems = note["message"].partition(": ")
        if kind == UserError.__name__:
            return UserError(*problems.splitlines())
    return RuntimeError("\n".join(note["extraInfo"]["py_callstack"] for note in notes) or str(error))

"""Where the study's cells are computed: threads of this machine, or the workers of a Dask or a Ray cluster."""

import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from joblib import cpu_count
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

import core
import flows
import study
from core.base.errors import UserError
from study.cells.bench import Bench
from study.cells.elsewhere import bench_of, close, name_of, packed, remove_unused

PATIENCE = 10  # seconds for a cluster to answer
KNOWN = "threads, dask or ray on this machine, or the address of a cluster: tcp://host:port (Dask), ray://host:port"

Futures = Iterable[Any]  # of Prefect


def nothing(futures: Futures) -> None:
    """Nothing is to be done about cells that nobody waits for any more: they end with their bench."""


@dataclass(frozen=True)
class Place:
    """Where cells are computed."""

    runner: TaskRunner[Any]
    bench: Callable[[], Bench]  # called where a cell is computed
    at_a_time: Callable[[], int]  # how many cells, by now
    cancel: Callable[[Futures], None] = nothing
    options: Callable[[bool], AbstractContextManager[Any]] = lambda wants_card: nullcontext()  # for one to be submitted


def check(where: str) -> None:
    """Raise UserError unless cells can be computed there, as far as that can be told at once."""
    address = urlsplit(where)
    if where in ("dask", "ray") or address.scheme in ("tcp", "ray"):
        kind = {"tcp": "dask"}.get(address.scheme, address.scheme or where)
        _require(kind)
    elif where != "threads":
        raise UserError(f"where is {where!r}: name {KNOWN}")
    if address.scheme:
        _connect(where, kind)


def _require(kind: str) -> None:
    try:
        __import__(f"prefect_{kind}")
    except ImportError:
        raise UserError(f"where: {kind} needs packages that are not installed: `pip install '.[{kind}]'`") from None


def _connect(where: str, kind: str) -> None:
    try:
        address = urlsplit(where)
        if not address.hostname or not address.port:
            raise ValueError("it has no port")
        socket.create_connection((address.hostname, address.port), PATIENCE).close()
    except (OSError, ValueError) as error:
        raise _no_answer(where, kind, error) from None


def _no_answer(where: str, kind: str, error: BaseException) -> UserError:
    server = {"dask": "`dask scheduler`", "ray": "`ray start --head --ray-client-server-port=10001`"}[kind]
    return UserError(f"no {kind.capitalize()} cluster answers at {where} ({error}): {server} starts one")


@contextmanager
def opened(where: str, workers: int | None, snapshot: Path) -> Iterator[Place]:
    """Yield the place, with its own copy of the snapshot where it may share no disk."""
    number = workers or cpu_count()
    if where == "threads":
        opened_place = _threads(number, snapshot)
    elif where == "dask" or where.startswith("tcp:"):
        opened_place = _dask(where, number, packed(snapshot))
    else:
        opened_place = _ray(where, number, packed(snapshot))
    with opened_place as place:
        yield place


@contextmanager
def _threads(number: int, snapshot: Path) -> Iterator[Place]:
    bench = Bench(snapshot)
    runner: ThreadPoolTaskRunner[Any]
    with ThreadPoolTaskRunner(max_workers=number) as runner:
        try:
            yield Place(runner, lambda: bench, lambda: number)
        finally:
            bench.close()  # first, for the threads wait for it


@contextmanager
def _dask(where: str, number: int, archive: bytes) -> Iterator[Place]:
    import cloudpickle
    from prefect_dask import DaskTaskRunner

    logging.getLogger("distributed").setLevel(logging.ERROR)
    _travel_by_value(cloudpickle)
    snapshot = name_of(archive)
    local = {
        "n_workers": number,
        "threads_per_worker": 1,
        "host": "127.0.0.1",
        "dashboard_address": None,
        "memory_limit": 0,  # it would see the worker alone, not the process that computes
    }
    to = {"cluster_kwargs": local} if where == "dask" else {"address": where, "client_kwargs": {"timeout": PATIENCE}}
    runner: Any
    with DaskTaskRunner(**to) as runner:
        try:
            client = runner.client
        except (OSError, TimeoutError) as error:
            raise _no_answer(where, "dask", error) from None
        client.register_plugin(_plugin(snapshot, archive), name=snapshot)
        try:
            yield Place(
                runner,
                partial(bench_of, snapshot, _absent),
                lambda: sum(client.nthreads().values()),
                lambda futures: client.cancel([future.wrapped_future for future in futures]),
            )
        finally:
            client.unregister_worker_plugin(snapshot)


def _plugin(snapshot: str, archive: bytes) -> Any:
    """Return what hands every worker the snapshot once, those too that join later."""
    from distributed import WorkerPlugin

    class Snapshot(WorkerPlugin):
        def setup(self, worker: Any) -> None:
            bench_of(snapshot, lambda: archive)

        def teardown(self, worker: Any) -> None:
            close(snapshot)

    return Snapshot()


def _absent() -> bytes:
    raise RuntimeError("the worker has no snapshot")


@contextmanager
def _ray(where: str, number: int, archive: bytes) -> Iterator[Place]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from prefect_ray import RayTaskRunner
    from prefect_ray.context import remote_options

    _travel_by_value(ray.cloudpickle)
    local = {"num_cpus": number, "include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    runner: Any = RayTaskRunner("local", local | quiet) if where == "ray" else RayTaskRunner(where, quiet)
    try:
        runner.__enter__()
    except (ConnectionError, RuntimeError, TimeoutError) as error:
        raise _no_answer(where, "ray", error) from None
    try:
        stored = ray.put(archive)  # once in each machine's memory
        cards = ray.cluster_resources().get("GPU", 0)
        yield Place(
            runner,
            partial(bench_of, name_of(archive), lambda: ray.get(stored)),
            lambda: int(ray.cluster_resources().get("CPU", 1)),
            _end_on_ray,
            lambda wants_card: remote_options(num_gpus=1 if cards and wants_card else 0),
        )
    finally:
        runner.__exit__(None, None, None)
        ray.shutdown()
        remove_unused()  # Ray kills its workers, which therefore leave theirs


def _end_on_ray(futures: Futures) -> None:
    import ray

    for future in futures:
        ray.cancel(future.wrapped_future, force=True)


def _travel_by_value(pickler: ModuleType) -> None:
    """Let the project's code travel with the cells: workers need the packages, not the project."""
    for package in (core, flows, study):
        pickler.register_pickle_by_value(package)

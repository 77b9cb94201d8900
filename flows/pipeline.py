"""The flow `reproduce`: dvc.yaml scheduled and shown, each stage a task. `python -m flows.pipeline --help`."""

import flows.quiet  # isort: skip  # noqa: F401

import argparse
import logging
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture, wait
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.settings import PREFECT_API_URL
from prefect.states import Completed, Failed

from core.errors import UserError, run
from flows import graph, remote, server
from flows import overrides as trial
from flows import publish as publishing
from flows.stage import as_task
from flows.workspace import Workspace, holding


@flow(name="reproduce", description="Bring a DVC project up to date: every stage of its dvc.yaml is a task.")
def reproduce(
    targets: Sequence[str] = (),
    force: bool = False,
    overrides: Sequence[str] = (),
    share: bool = False,
    publish: bool = False,
    folder: Path = Path("."),
) -> State[None]:
    """Return a completed state that counts what ran, or a failed one that says what is wrong.

    Args:
        targets: Stages to bring up to date, with all that they need. None: all.
        force: Run the stages even where they match dvc.lock.
        overrides: Other values for params.yaml, such as training.rate=0.1. The run then works in a git worktree of
            its own, and leaves its result on a branch.
        share: Pull from DVC's default remote before, and push to it what this run has computed.
        publish: Open a pull request on GitHub with the reports that changed, or update the one that is open.
        folder: The folder of the project's dvc.yaml.
    """
    stopping = threading.Event()
    name = str(flow_run.name)
    with ExitStack() as stack:
        stack.callback(stopping.set)
        try:
            place = folder.resolve()
            if overrides and publish:
                raise UserError("a run with overrides is not published: it leaves its result on a branch already")
            if overrides:
                place = stack.enter_context(trial.worktree(place, name))
                trial.apply(place, overrides)
            work = stack.enter_context(holding(place, name, get_run_logger(), stopping))
            if share:
                remote.fetch(place, get_run_logger())
            known, differ = _project(place)
            stages = graph.select(known, list(targets))
            if overrides or force or differ:
                trial.check(place, stages)
            state = bring_up_to_date(stages, differ, work, force, share)
            if overrides and state.is_completed():
                state.message = f"{state.message}; {trial.keep(place, name, overrides)}"
            return published(state, place, known) if publish and state.is_completed() else state
        except UserError as error:
            return Failed(message=str(error))


def published(state: State[None], folder: Path, stages: graph.Graph) -> State[None]:
    """Return the state with where its reports were published, or a failed one that says why they were not."""
    try:
        return Completed(message=f"{state.message}; {publishing.publish(folder, stages)}")
    except UserError as error:
        return Failed(message=f"{state.message}\nnot published, and still in the workspace: {error}")


def _project(folder: Path) -> tuple[graph.Graph, graph.Changes]:
    """Return the graph, and what differs from dvc.lock; DVC takes half a second for each, so both are asked at once."""
    with ThreadPoolExecutor() as pool:
        known, differ = pool.submit(graph.read, folder), pool.submit(graph.changes, folder)
        return known.result(), differ.result()


def bring_up_to_date(
    stages: graph.Graph, differ: graph.Changes, work: Workspace, force: bool, share: bool
) -> State[None]:
    """Run what does not match dvc.lock, each stage after its upstreams and beside all others."""
    states = _states(_submitted(stages, differ, work, force), work)
    failed = {name: state for name, state in states.items() if state.is_failed() or state.is_crashed()}
    if failed:
        errors = [f"{name} failed: {state.message}" for name, state in failed.items()]
        pending = [name for name, state in states.items() if not state.is_final()]
        return Failed(message="\n".join(errors + ([f"not run: {', '.join(pending)}"] if pending else [])))
    ran = [name for name, state in states.items() if state.name != "Cached"]
    if share and ran:
        remote.send(work.folder, get_run_logger())
    cached = f"{len(states) - len(ran)} of {len(states)} stages cached"
    return Completed(message=f"{cached}; ran {', '.join(ran)}" if ran else cached)


def _submitted(
    stages: graph.Graph, differ: graph.Changes, work: Workspace, force: bool
) -> dict[str, PrefectFuture[Any]]:
    """Submit every stage. One `dvc status` serves all but those below a stage that may change their inputs."""
    moving: set[str] = set()
    futures: dict[str, PrefectFuture[Any]] = {}
    for name, stage in stages.items():
        known = None if moving.intersection(stage.upstream) else differ.get(name, [])
        if known != [] or force:
            moving.add(name)
        upstream = [futures[each] for each in stage.upstream]
        futures[name] = as_task(stage).submit(stage, work, force, known, wait_for=upstream)
    return futures


def _states(futures: dict[str, PrefectFuture[Any]], work: Workspace) -> dict[str, State[Any]]:
    try:
        wait(list(futures.values()))
    except BaseException:  # cancelled, or Ctrl-C: a TerminationSignal or KeyboardInterrupt
        work.stopping.set()
        wait(list(futures.values()))  # the workspace is let go when nothing works in it any more
        raise
    return {name: future.state for name, future in futures.items()}


def without_traceback(record: logging.LogRecord) -> bool:
    """Leave the traceback out of a line about a server that does not answer: main() says it in words."""
    if record.exc_info and isinstance(record.exc_info[1], httpx.HTTPError):
        record.exc_info = None
    return True


def parser() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(prog="python -m flows.pipeline", description=reproduce.description)
    known.add_argument("targets", nargs="*", help="stages to bring up to date, with all they need; none: all")
    known.add_argument("--force", action="store_true", help="run them even where they match dvc.lock")
    known.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value in params.yaml",
    )
    known.add_argument("--share", action="store_true", help="dvc pull before, dvc push after")
    known.add_argument("--publish", action="store_true", help="open a pull request with the reports that changed")
    known.add_argument("--folder", type=Path, default=Path("."), help="the folder of the project's dvc.yaml")
    return known


def main(*arguments: str) -> None:
    given = parser().parse_args(arguments)
    logging.getLogger("prefect.flow_runs").addFilter(without_traceback)
    try:
        server.provide()
        state = reproduce(**vars(given), return_state=True)
    except (httpx.HTTPError, RuntimeError) as error:
        if not isinstance(error, httpx.HTTPError) and "Failed to reach API" not in str(error):
            raise
        raise UserError(
            f"the Prefect server at {PREFECT_API_URL.value()} does not answer ({error}): start it, or unset "
            "PREFECT_API_URL; what has run is in dvc.lock, and the same command goes on from there"
        ) from None
    if not state.is_completed():
        raise UserError(str(state.message))
    print(state.message)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""The flow `reproduce`: dvc.yaml scheduled and shown, each stage a task. `python -m flows.reproduce --help`."""

import argparse
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flows import warm_dvc

if __name__ == "__main__":
    warm_dvc.early.append(warm_dvc.forking())  # DVC loads while Prefect does

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.futures import PrefectConcurrentFuture, PrefectFuture
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Crashed, Failed
from prefect.utilities.annotations import quote

from core.base import packages
from core.base.errors import UserError, run
from flows import dvc_project, pull_request, trial_run
from flows.cached_task import as_cached, is_cached
from flows.command import run_flow
from flows.dvc_project import Changes, Stages
from flows.places import Places, placing
from flows.ready import make_ready, record_packages
from flows.run_story import Story
from flows.shared_workspace import SharedWorkspace, sharing
from flows.show import show_link
from flows.stage_task import NOT_RUN, as_task
from flows.worktrees import link_inputs, worktree


@flow(name="reproduce", description="Bring a DVC project up to date: every stage of its dvc.yaml is a task.")
def reproduce(
    targets: Sequence[str] = (),
    force: bool = False,
    overrides: Sequence[str] = (),
    share: bool = False,
    publish: bool = False,
    workers: int | None = None,
    folder: Path = Path("."),
    places: dict[str, str] | None = None,
    same_environment: bool = True,
) -> State[None]:
    """Return a completed state that counts what ran, or a failed one that says what is wrong.

    Args:
        targets: Stages to bring up to date, with all that they need. None: all.
        force: Run the stages even where they match dvc.lock.
        overrides: Other values for params.yaml, such as finetuning.epochs=1. The run then works in a git worktree of
            its own, and leaves its result on a branch.
        share: Pull from DVC's default remote before, and push to it what this run has computed.
        publish: Open a pull request on GitHub with the reports that changed, or update the one that is open.
        workers: How many stages run at a time, at most; one for each core of this machine.
        folder: The folder of the project's dvc.yaml.
        places: Work pools whose workers run the stages that need a resource, such as {"gpu": "gpu-pool"}.
        same_environment: Have packages.yaml, where dvc.yaml has parameters in it, say what is installed, so that stages
            run where a package that computes in them has another version, and have a worker elsewhere refuse a stage
            where it has others. False: leave it, and take what there is.
    """
    stopping = threading.Event()
    run_name = str(flow_run.name)
    inputs: list[str] = []
    with ExitStack() as stack:
        stack.callback(stopping.set)
        try:
            place = folder.resolve()
            if workers is not None and workers < 1:
                raise UserError(f"workers is {workers}: at least one stage runs at a time")
            if overrides and publish:
                raise UserError("a run with overrides is not published: it leaves its result on a branch already")
            story = Story(place)
            for mended in make_ready(place):
                get_run_logger().warning(mended)
            if overrides:
                place = stack.enter_context(worktree(original := place, run_name, stopping))
                trial_run.apply(place, overrides)
                inputs = link_inputs(original, place)
            workspace = stack.enter_context(sharing(place, run_name, stopping, workers))
            if not same_environment:
                stack.enter_context(packages.overridden())
            for changed in record_packages(place):
                get_run_logger().info(changed)
            if share:
                get_run_logger().info(dvc_project.pull(place))
            project, changes = workspace.status.look()
            stages = dvc_project.select(project, list(targets))
            if overrides or force or changes:
                trial_run.check(place, stages)
            to_run = _to_run(stages, changes, force)
            story.begin(stages, to_run, place, overrides)
            workspace.note(story.name)
            elsewhere = stack.enter_context(
                placing(workspace, story.name, places or {}, project, to_run, same_environment)
            )
            state = bring_up_to_date(stages, changes, workspace, force, share, elsewhere)
            if state.is_completed() and (outcome := story.end(stages, place)):
                state.message = f"{outcome}; {state.message}"
            if overrides and state.is_completed():
                state.message = f"{state.message}; {trial_run.keep(place, run_name, overrides, inputs)}"
            return published(state, place, project) if publish and state.is_completed() else state
        except UserError as error:
            return Failed(message=str(error))


def published(state: State[None], folder: Path, project: Stages) -> State[None]:
    """Return the state with where its reports were published, or a failed one that says why they were not."""
    try:
        said = pull_request.publish(folder, project)
        if address := said.partition(pull_request.PUBLISHED)[2]:
            show_link(folder, "pull-request", address, pull_request.TITLE)
        return Completed(message=f"{state.message}; {said}")
    except UserError as error:
        return Failed(message=f"{state.message}\nnot published, and still in the workspace: {error}")


def bring_up_to_date(
    stages: Stages,
    changes: dict[str, Changes],
    workspace: SharedWorkspace,
    force: bool,
    share: bool,
    places: Places | None = None,
) -> State[None]:
    """Run what does not match dvc.lock, each stage after its upstreams and beside all others."""
    states = _states(_submitted(stages, changes, workspace, force, places), workspace)
    failed = {name: state for name, state in states.items() if state.is_failed() or state.is_crashed()}
    if failed:
        errors = [f"{name} failed: {state.message}" for name, state in failed.items()]
        not_run = [name for name, state in states.items() if state.name == NOT_RUN]
        return Failed(message="\n".join(errors + ([f"not run: {', '.join(not_run)}"] if not_run else [])))
    ran = [name for name, state in states.items() if state.name != "Cached"]
    if share and ran and (pushed := dvc_project.push(workspace.folder)):
        get_run_logger().info(pushed)
    cached = f"{len(states) - len(ran)} of {len(states)} stages cached"
    return Completed(message=f"{cached}; ran {', '.join(ran)}" if ran else cached)


def _to_run(stages: Stages, changes: dict[str, Changes], force: bool) -> list[str]:
    """Return the stages that differ from dvc.lock, and all below them, whose inputs they may change."""
    moving: dict[str, None] = {}
    for name, stage in stages.items():
        if force or changes.get(name) or any(needed in moving for needed in stage.upstream):
            moving[name] = None
    return list(moving)


def _submitted(
    stages: Stages, changes: dict[str, Changes], workspace: SharedWorkspace, force: bool, places: Places | None
) -> dict[str, PrefectFuture[Any]]:
    """Submit every stage. One `dvc status` serves all but those below a stage that may change their inputs."""
    moving = _to_run(stages, changes, force)
    futures: dict[str, PrefectFuture[Any]] = {}
    for name, stage in stages.items():
        changes_now = None if set(moving).intersection(stage.upstream) else changes.get(name, [])
        upstream = [futures[needed] for needed in stage.upstream]
        if is_cached(stage, changes_now, force):
            futures[name] = as_cached(stage, upstream)
            continue
        after = [_ended(future) for future in upstream]
        workspace.unfinished.add(name)
        # Quoted: Prefect would look for futures in what the stages that run are changing.
        parameters = (stage, quote(workspace), force, changes_now, quote(places))
        futures[name] = as_task(stage).submit(*parameters, wait_for=after)
    return futures


def _ended(future: PrefectFuture[Any]) -> PrefectFuture[Any]:
    """Return what has ended well once a stage has ended, however: the next looks itself whether it can run.

    Prefect would leave what follows a stage that was cancelled or not run pending for ever.
    """
    ended: Future[State[str]] = Future()
    future.add_done_callback(lambda _: ended.set_result(Completed(data="ended")))
    return PrefectConcurrentFuture(future.task_run_id, ended)


def _states(futures: dict[str, PrefectFuture[Any]], workspace: SharedWorkspace) -> dict[str, State[Any]]:
    try:
        return {name: _state(future) for name, future in futures.items()}
    except BaseException:  # cancelled, or Ctrl-C: a TerminationSignal or KeyboardInterrupt
        workspace.stopping.set()
        for future in futures.values():  # the workspace is let go when nothing works in it any more
            _state(future)
        raise


def _state(future: PrefectFuture[Any]) -> State[Any]:
    """Wait for a stage, and return the state in which it has ended."""
    try:
        future.wait()
    except Exception as error:  # Prefect could not begin it, and its server has it pending for ever
        return Crashed(message=f"Prefect could not begin it. {error}")
    return future.state


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m flows.reproduce", description=reproduce.description)
    options.add_argument("targets", nargs="*", help="stages to bring up to date, with all they need; none: all")
    options.add_argument("--force", action="store_true", help="run them even where they match dvc.lock")
    options.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value in params.yaml",
    )
    options.add_argument("--share", action="store_true", help="dvc pull before, dvc push after")
    options.add_argument("--publish", action="store_true", help="open a pull request with the reports that changed")
    options.add_argument("--workers", type=int, help="how many stages run at a time; one for each core")
    options.add_argument(
        "--place",
        dest="places",
        action="append",
        default=[],
        metavar="RESOURCE=POOL",
        help="have workers of this pool run the stages that need this resource",
    )
    options.add_argument(
        "--other-environment",
        dest="same_environment",
        action="store_false",
        help="take the packages that are installed, and leave packages.yaml as it is",
    )
    options.add_argument("--folder", type=Path, default=Path("."), help="the folder of the project's dvc.yaml")
    return options


def main(*arguments: str) -> None:
    options = parser()
    chosen = vars(options.parse_args(arguments))
    if wrong := [place for place in chosen["places"] if not all(place.partition("="))]:
        options.error(f"--place {wrong[0]}: write what a stage needs and the work pool that has it, as in gpu=gpu-pool")
    chosen["places"] = dict(place.split("=", 1) for place in chosen["places"])
    run_flow(reproduce, "what has run is in dvc.lock", **chosen)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

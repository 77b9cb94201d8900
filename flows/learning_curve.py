"""The flow `study`: the learning curve computed here or on a cluster. `python -m flows.learning_curve --help`."""

import argparse
import shutil
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Failed

from core.base.errors import UserError, run
from flows import cell_places
from flows.cell_task import Cell, cell
from flows.cells import compute, counted
from flows.command import run_flow
from flows.dvc_project import select
from flows.ready import make_ready, record_packages, repository
from flows.reproduce import bring_up_to_date
from flows.shared_workspace import SharedWorkspace, sharing
from flows.subprocesses import stream

STAGES = "study/dvc.yaml:"
CELLS = f"{STAGES}cells"
PLAN = ("python", "-m", "study.cells", "--plan")


@flow(name="study", description="How many labels do we need? The learning curve's cells computed, then its report.")
def study(where: str = "threads", workers: int | None = None) -> State[None]:
    """Return a completed state that counts the cells, or a failed one that says what is wrong.

    Args:
        where: Where cells are computed: threads, dask or ray, all three on this machine; or a cluster's address, such
            as tcp://10.0.0.7:8786 (Dask) or ray://10.0.0.7:10001 (Ray).
        workers: How many cells are computed at a time. None: one for each core. A cluster at an address has its own.
    """
    stopping = threading.Event()
    with ExitStack() as stack:
        stack.callback(stopping.set)
        try:
            if workers is not None and workers < 1:
                raise UserError(f"workers is {workers}: at least one cell is computed at a time")
            cell_places.check(where)
            for mended in make_ready(Path.cwd()):
                get_run_logger().warning(mended)
            workspace = stack.enter_context(sharing(Path.cwd(), str(flow_run.name), stopping))
            for changed in record_packages(workspace.folder):
                get_run_logger().info(changed)
            stages, changes = workspace.status.look()
            inputs = select(stages, [CELLS])
            del inputs[CELLS]
            state = bring_up_to_date(inputs, changes, workspace, force=False, share=False)
            if not state.is_completed():
                return state
            said = computed(where, workers, workspace)
            stages, changes = workspace.status.look()
            rest = select(stages, [name for name in stages if name.startswith(STAGES)])
            state = bring_up_to_date(rest, changes, workspace, force=False, share=False)
            state.message = f"{said}; {state.message}"
            return state
        except UserError as error:
            return Failed(message=str(error))


def computed(where: str, workers: int | None, workspace: SharedWorkspace) -> str:
    """Compute the cells that are not there yet; return in words what became of them."""
    folder = repository(workspace.folder) / ".dvc/tmp/study"
    shutil.rmtree(folder, ignore_errors=True)  # what a killed run has left
    try:
        cells = planned(folder, workspace)
        if not cells:
            return "every cell was there"
        get_run_logger().info("%d cells to compute: %s", len(cells), where)
        with cell_places.opened(where, workers, folder / "snapshot") as place:
            failures = compute(cells, place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    said = f"{len(cells) - len(failures)} cells computed"
    return f"{said}, {len(failures)} failed: {counted(failures)}" if failures else said


def planned(folder: Path, workspace: SharedWorkspace) -> list[Cell]:
    """Return the cells that are not there yet, and have the snapshot taken that they are computed from."""
    lines: dict[bool, list[str]] = {False: [], True: []}  # of stdout, of stderr
    command = [*PLAN, str(folder)]
    folder.mkdir(parents=True)
    status = stream(
        workspace.folder,
        command,
        lambda line, is_error, _: lines[is_error].append(line),
        workspace.stopping,
        inherited=(workspace.lock,),
    )
    if status:
        raise UserError("\n".join(lines[True][-20:]) or f"`{' '.join(command)}` exited with {status}")
    return [cell(line) for line in lines[False] if line.startswith("{")]


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m flows.learning_curve", description=study.description)
    options.add_argument("--where", default="threads", help=f"where cells are computed: {cell_places.KNOWN}")
    options.add_argument("--workers", type=int, help="how many cells are computed at a time; one for each core")
    return options


def main(*arguments: str) -> None:
    run_flow(study, "what is computed is in data/study/cells", **vars(parser().parse_args(arguments)))


if __name__ == "__main__":
    run(main, *sys.argv[1:])

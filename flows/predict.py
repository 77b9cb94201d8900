"""The flow `predict`: new texts through the published model, as `python -m tasks.predict`. `--help` has its words."""

import argparse
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from core.base.errors import UserError, run
from flows.command import run_flow
from flows.run_lock import Workspace, holding
from flows.show import created
from flows.slots import slot
from flows.subprocesses import stream


@flow(name="predict", description="Classify new texts with the published model, as it was evaluated.")
def predict(file: Path, out: Path = Path("answers.csv")) -> State[None]:
    """Return a completed state that counts the answers, or a failed one that says what is wrong.

    Args:
        file: The texts, in any format that data/raw may have; a path on the machine of the worker.
        out: Where the answers go: .csv, .jsonl or .parquet.
    """
    stopping = threading.Event()
    with ExitStack() as stack:
        stack.callback(stopping.set)
        try:
            workspace = stack.enter_context(holding(Path.cwd(), str(flow_run.name), stopping))
            stack.enter_context(slot("gpu", stopping.is_set))
            said = answered(file, out, workspace)
            created(create_markdown_artifact, key="predict", markdown=said, description=str(file))
            return Completed(message=said)
        except UserError as error:
            return Failed(message=str(error))


def answered(file: Path, out: Path, workspace: Workspace) -> str:
    """Have the texts classified; return in words what came out. Raises UserError with what is wrong."""
    lines: list[str] = []

    def read(line: str, is_error: bool, is_redrawn: bool) -> None:
        if not is_redrawn:
            get_run_logger().info(line)
            lines.append(line)

    command = ("python", "-m", "tasks.predict", str(file), "--out", str(out))
    status = stream(workspace.folder, command, read, workspace.stopping, inherited=(workspace.lock,))
    if status:
        raise UserError("\n".join(lines[-20:]) or f"`{' '.join(command)}` exited with {status}")
    # what it says of the answers ends with where they are; a library may have had a last word
    return next((line for line in reversed(lines) if line.endswith(f": {out}")), lines[-1])


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m flows.predict", description=predict.description)
    options.add_argument("file", type=Path, help="the texts, in any format that data/raw may have")
    options.add_argument("--out", type=Path, default=Path("answers.csv"), help=".csv, .jsonl or .parquet")
    return options


def main(*arguments: str) -> None:
    run_flow(predict, "no answer was written", **vars(parser().parse_args(arguments)))


if __name__ == "__main__":
    run(main, *sys.argv[1:])

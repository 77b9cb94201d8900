"""Seeds of one experiment on one card: one after the other, and all at once, each a process as the stage is run."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.gpu import project
from benchmarks.gpu.findings import MEASURED, Line, Part, attempt
from benchmarks.gpu.finetuning import TOKENS
from benchmarks.gpu.sizes import Sizes


def seconds(folder: Path, seeds: Sequence[int], at_once: int) -> float:
    """Return how long `python -m tasks.finetuning` takes for all seeds, so many at a time."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(project.ROOT), os.environ.get("PYTHONPATH", "")])}
    started = time.monotonic()
    for first in range(0, len(seeds), at_once):
        commands = [[sys.executable, "-m", "tasks.finetuning", str(seed)] for seed in seeds[first : first + at_once]]
        running = [subprocess.Popen(command, cwd=folder, env=environment) for command in commands]
        if any([each.wait() for each in running]):
            raise RuntimeError(f"a seed failed, of {at_once} at a time")
    return time.monotonic() - started


def lines(sizes: Sizes, deadline: float) -> Iterator[Line]:
    alone: list[float] = []

    def measured(at_once: int) -> Line:
        took = seconds(Path(folder), sizes.seeds, at_once)
        alone.append(took)
        return Line([str(at_once), f"{took:.1f}", f"{alone[0] / took:.2f}"], MEASURED)

    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        project.save_encoder(sizes.encoder_for_speed, project.ENCODER)
        project.save_rows(sizes.rows_of_seeds, TOKENS)
        project.write_parameters({"seeds": list(sizes.seeds), "head": "random", "learning_rate": 2e-5})
        for at_once in (1, len(sizes.seeds)):
            yield attempt([str(at_once)], lambda at_once=at_once: measured(at_once), deadline)  # type: ignore[misc]


SIDE_BY_SIDE = Part(
    "Seeds side by side",
    "The stage `tasks.finetuning`, a process of its own for each of several seeds, on short texts with params.yaml's "
    "recipe and BERT-base of random weights, its start included: seconds for all of them, one after the other and all "
    "at once. `GPU_SLOTS` says how many the flow runs at once.",
    ["at a time", "seconds", "times as fast"],
    60,
    lines,
)

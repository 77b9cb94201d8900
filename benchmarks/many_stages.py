"""What the flow costs where stages are many and short: `python -m benchmarks.many_stages` (five minutes, idle machine).

200 stages that take half a second each: one, then a matrix of 100 beside each other, then 33 diamonds. `dvc repro` runs
them one after the other; the flow `reproduce` runs two at a time. Each starts from nothing, in turn, and then has
nothing to do. The Prefect server runs already, as it does for whoever schedules flows.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import yaml

from benchmarks import processor
from core.base.errors import run
from core.base.files import replacing
from core.reporting.markdown import table
from flows.prefect_server import api, free_port, serving
from flows.subprocesses import environment

RESULT = Path("benchmarks/many_stages.md")
ROUNDS = 1
WORKERS = 2
LEAVES = 100
REPRO = ("dvc", "repro", "--quiet")
STATUS = ("dvc", "status", "--json")
FLOW = ("python", "-m", "flows.reproduce", "--workers", str(WORKERS), "--folder")


def stage(out: str, *deps: str) -> dict[str, object]:
    """Return a stage of half a second."""
    source = f"cat {' '.join(deps)}" if deps else "echo source"
    return {"cmd": f"sleep 0.5; ({source}; echo {out}) > {out}", "deps": list(deps), "outs": [out]}


def stages() -> dict[str, object]:
    """Return the stages of the toy's dvc.yaml: a source, leaves, and a diamond below every third leaf."""
    leaf = stage("leaf-${item.number}.txt", "source.txt")
    declared: dict[str, object] = {
        "source": stage("source.txt"),
        "leaf": {"matrix": {"number": [f"n{number}" for number in range(LEAVES)]}} | leaf,
    }
    for number in range(0, LEAVES - 1, 3):
        left, right = f"left-{number}.txt", f"right-{number}.txt"
        declared |= {
            f"left-{number}": stage(left, f"leaf-n{number}.txt"),
            f"right-{number}": stage(right, f"leaf-n{number}.txt"),
            f"join-{number}": stage(f"join-{number}.txt", left, right),
        }
    return declared


def toy(folder: Path) -> Path:
    """Return a git repository with a DVC project of which nothing is computed."""
    folder.mkdir()
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages()}, sort_keys=False), encoding="utf-8")
    for command in (("git", "init", "--quiet"), ("dvc", "init", "--quiet"), ("git", "add", ".")):
        subprocess.run(command, cwd=folder, check=True, env=environment())
    commit = ("git", "-c", "user.name=toy", "-c", "user.email=toy@localhost", "commit", "--quiet", "-m", "toy")
    subprocess.run(commit, cwd=folder, check=True)
    return folder


def seconds(folder: Path, *command: str) -> float:
    """Return how long a command takes."""
    started = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, env=environment(), stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def measured(folder: Path) -> dict[str, float]:
    """Return the seconds of one round."""
    here, by_dvc, by_flow = Path.cwd(), toy(folder / "dvc"), toy(folder / "flow")
    flow = (*FLOW, str(by_flow))
    return {
        "`dvc repro`, all": seconds(by_dvc, *REPRO),
        "flow, all": seconds(here, *flow),
        "`dvc status`": seconds(by_flow, *STATUS),
        "`dvc repro`, nothing to do": seconds(by_dvc, *REPRO),
        "flow, nothing to do": seconds(here, *flow),
    }


def written(rounds: list[dict[str, float]]) -> str:
    """Return the result as markdown."""
    middle = {name: median(each[name] for each in rounds) for name in rounds[0]}
    rows = [[name, f"{value:.1f}", ", ".join(f"{each[name]:.1f}" for each in rounds)] for name, value in middle.items()]
    faster = middle["`dvc repro`, all"] / middle["flow, all"]
    idle = middle["flow, nothing to do"] / middle["`dvc status`"]
    return (
        f"# Many short stages\n\n{len(stages()) - 1 + LEAVES} stages of half a second on {processor.cores()}, the flow "
        f"with {WORKERS} at a time. The flow is {faster:.2f} times as fast as `dvc repro`; with nothing to do it takes "
        f"{idle:.1f} times as long as `dvc status`, loading Prefect included. Written by "
        "`python -m benchmarks.many_stages`.\n\n"
        f"{table(['what', 'seconds', 'in each round'], rows)}\n"
    )


def main() -> None:
    port = free_port()
    rounds = []
    with TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ |= {"PREFECT_HOME": folder, "PREFECT_API_URL": api(port)}
        with serving(home / "server.log", port):
            for number in range(ROUNDS):
                (home / str(number)).mkdir()
                rounds.append(measured(home / str(number)))
    with replacing(RESULT) as partial:
        partial.write_text(written(rounds), encoding="utf-8")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

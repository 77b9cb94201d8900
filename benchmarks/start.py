"""What a stage costs before it reads a row: the CPU seconds of its imports: `python -m benchmarks.start` (5 minutes).

Each stage, and each command that shows what stages have written, is imported in a process of its own, in turn.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median

import yaml

from benchmarks import processor
from core.base import params
from core.base.errors import run
from core.base.files import replacing
from core.reporting.markdown import table
from tasks.finetuning.params import Finetuning

RESULT = Path("benchmarks/start.md")
ROUNDS = 3  # after one in which what is on disk comes into memory
SHOWN = 4  # packages of a stage
COMMANDS = ("tasks.params", "tasks.report.summary", "tasks.report.gate", "tasks.data.__main__")
LINE = re.compile(r"import time:\s+(?P<own>\d+) \|\s+\d+ \|\s+(?P<package>[^.\s]+)")  # of python -X importtime


def cpu(module: str) -> float:
    """Return the seconds of user and system in which a process imports a module, the start of Python among them."""
    process = subprocess.Popen([sys.executable, "-c", f"import {module}"])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return used.ru_utime + used.ru_stime


def dearest(module: str) -> str:
    """Return the packages whose own code takes the longest, with their share of all."""
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    microseconds: Counter[str] = Counter()
    for line in LINE.finditer(told):
        microseconds[line["package"]] += int(line["own"])
    whole = microseconds.total()
    return ", ".join(f"{name} {own / whole:.0%}" for name, own in microseconds.most_common(SHOWN))


def written(seconds: dict[str, list[float]], seeds: int) -> str:
    """Return the result as markdown."""
    rounds, middle = len(next(iter(seconds.values()))), {module: median(values) for module, values in seconds.items()}
    stages = {module: value for module, value in middle.items() if module not in COMMANDS}
    whole = sum(value * (seeds if module.startswith("tasks.finetuning") else 1) for module, value in stages.items())
    names = {module: f"`{module.removesuffix('.__main__')}`" for module in middle}
    rows = [
        [names[module], f"{value:.2f}", f"{min(seconds[module]):.2f}", dearest(module)]
        for module, value in middle.items()
    ]
    return (
        f"# What stages cost before they read a row\n\nCPU seconds of imports on {processor.cores()}: the median of "
        f"{rounds} rounds, and the least. The load was {os.getloadavg()[1]:.0f}: above the number of cores seconds are "
        f"longer. A whole `dvc repro` with {seeds} seeds imports for {whole:.0f} s. By "
        "`python -m benchmarks.start`.\n\n"
        f"{table(['`python -m`', 'CPU s', 'least', 'of all that is imported'], rows)}\n"
    )


def main() -> None:
    declared = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    modules = [*(f"tasks.{stage}.__main__" for stage in declared), *COMMANDS]
    rounds = [{module: cpu(module) for module in modules} for _ in range(1 + ROUNDS)][1:]
    seconds = {module: [each[module] for each in rounds] for module in modules}
    with replacing(RESULT) as partial:
        partial.write_text(written(seconds, len(params.load(Finetuning).seeds)), encoding="utf-8")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

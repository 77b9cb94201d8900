"""How long the whole experiment takes, beside the same by stock parts: `python -m benchmarks.whole` (half an hour).

The stages of the last commit, in the order of `dvc repro`, in two clones: as they are; and by `benchmarks.stock`, with
the dropout in attention that the model has and all weights trained. Each stage runs in one, then in the other.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import yaml

from benchmarks import processor
from core.base import paths
from core.base.errors import run
from core.base.files import replacing
from core.encoders.device import has_bf16
from core.reporting.markdown import table

RESULT = Path("benchmarks/whole.md")
STOCK: dict[str, Any] = {"attention_dropout": 0.1, "freeze_embeddings": False}


def clone(folder: Path, changed: dict[str, Any]) -> Path:
    """Return a clone of the last commit with its data and these parameters of finetuning."""
    subprocess.run(["git", "clone", "--quiet", ".", folder], check=True)
    subprocess.run([sys.executable, "-m", "dvc", "pull", "--quiet", "data/raw.dvc"], check=True, cwd=folder)
    path = folder / paths.PARAMS
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["finetuning"] |= changed
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return folder


def stages(folder: Path) -> dict[str, list[str]]:
    """Return each stage's module and arguments by its name, in the order in which DVC would run them."""
    command = [sys.executable, "-m", "dvc", "repro", "--dry", "--force"]
    told = subprocess.run(command, check=True, cwd=folder, capture_output=True, text=True).stdout
    return {name: command.split() for name, command in re.findall(r"Running stage '(.+)':\n> python -m (.+)", told)}


def seconds(folder: Path, *module: str) -> float:
    """Return how long a stage takes in a clone."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", *module], check=True, cwd=folder)
    return time.monotonic() - started


def written(found: dict[str, tuple[float, float]]) -> str:
    """Return the result as markdown."""
    ours, stock = (sum(each) for each in zip(*found.values(), strict=True))
    rows = [[name, *(f"{each:.0f}" for each in pair)] for name, pair in [*found.items(), ("all", (ours, stock))]]
    return (
        f"# The whole experiment\n\nOn {torch.get_num_threads()} threads of {processor.described()}, ours in "
        f"{'bfloat16' if has_bf16() else 'float32'}, stock parts in float32 on rows padded to the longest of their "
        f"batch; DVC's own time is on neither side. Ours is {stock / ours:.1f} times faster. Written by "
        "`python -m benchmarks.whole`.\n\n"
        f"{table(['stage', 'ours: seconds', 'stock: seconds'], rows)}\n"
    )


def main() -> None:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        ours, stock = clone(Path(folder) / "ours", {}), clone(Path(folder) / "stock", STOCK)
        for name, module in stages(ours).items():
            found[name] = (seconds(ours, *module), seconds(stock, "benchmarks.stock", *module))
    with replacing(RESULT) as partial:
        partial.write_text(written(found), encoding="utf-8")


if __name__ == "__main__":
    run(main)

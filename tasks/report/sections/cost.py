"""What fine-tuning took, in units that do not hang on the machine; reports/runtime.json has the seconds of this one."""

import math
from pathlib import Path

from datasets import Dataset
from safetensors import safe_open

from core.base import paths
from core.base.files import read_json, require
from core.reporting.markdown import table
from tasks.finetuning.params import Finetuning


def parameters(folder: Path) -> tuple[int, int]:
    """Return how many parameters a saved model has, and how many were trained: theirs, or those of an adapter."""
    with safe_open(require(folder / "model.safetensors"), framework="numpy") as tensors:
        total = sum(math.prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118 - no dict
    return total, read_json(folder / "config.json")["trained_parameters"]


def section(train: Dataset, section: Finetuning, folder: Path = paths.PUBLISHED_MODEL) -> str:
    """Return rows, tokens, steps and parameters of fine-tuning as markdown."""
    total, trained = parameters(folder)
    tokens = sum(train["length"])
    counts = [
        ("rows times epochs", len(train) * section.epochs),
        ("tokens read", tokens * section.epochs),
        ("optimizer steps", math.ceil(len(train) / section.batch_size) * section.epochs),
    ]
    seeds = len(section.seeds)
    rows = [[name, f"{value:,}", f"{value * seeds:,}"] for name, value in counts]
    return (
        f"## Cost\n\nThe model has {total:,} parameters; fine-tuning (`finetuning.method: {section.method}`) trains "
        f"{trained:,}.\n\n"
        f"{table(['fine-tuning', 'one seed', f'all {seeds}'], rows)}"
    )

"""What fine-tuning took, in units that do not hang on the machine; reports/runtime.json has the seconds of this one."""

import math
from pathlib import Path
from typing import NamedTuple

from datasets import Dataset
from safetensors import safe_open

from core.base import paths
from core.base.files import read_json, require
from tasks.finetuning.params import Finetuning


class Cost(NamedTuple):
    """What templates/sections/cost.md.j2 shows."""

    parameters: int
    trained: int
    counts: dict[str, int]  # of one seed, by what is counted
    seeds: int


def parameters(folder: Path) -> tuple[int, int]:
    """Return how many parameters a saved model has, and how many were trained: theirs, or those of an adapter."""
    with safe_open(require(folder / "model.safetensors"), framework="numpy") as tensors:
        total = sum(math.prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118 - no dict
    return total, read_json(folder / "config.json")["trained_parameters"]


def cost(train: Dataset, section: Finetuning, folder: Path = paths.PUBLISHED_MODEL) -> Cost:
    """Return rows, tokens, steps and parameters of fine-tuning."""
    counts = {
        "rows times epochs": len(train) * section.epochs,
        "tokens read": sum(train["length"]) * section.epochs,
        "optimizer steps": math.ceil(len(train) / section.batch_size) * section.epochs,
    }
    return Cost(*parameters(folder), counts, len(section.seeds))

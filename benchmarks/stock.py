"""A stage by the stock Trainer, on padded rows, in float32: `python -m benchmarks.stock tasks.finetuning 11`.

It is what the project falls back to for an architecture that it cannot pack, where the machine has no bfloat16; but
rows come in random order, padded to the longest of their batch, as a Trainer takes them where nothing is said.
"""

import importlib
import sys
from typing import Any

from core.errors import run


def in_random_order(**given: Any) -> Any:
    """Return the Trainer's settings with its own way of choosing a batch."""
    from transformers import TrainingArguments  # here: a stage may need none, and would wait for it

    return TrainingArguments(**given | {"train_sampling_strategy": "random"})


def main(stage: str, *arguments: str) -> None:
    imported = importlib.import_module(stage)
    for name, module in list(sys.modules.items()):
        if name == "core.packing":
            setattr(module, "packs", lambda network: False)  # noqa: B010 - mypy knows no such attribute
        if name.startswith(("core.", "tasks.")) and hasattr(module, "has_bf16"):
            setattr(module, "has_bf16", lambda: False)  # noqa: B010
        if name == "tasks.finetuning":
            setattr(module, "TrainingArguments", in_random_order)  # noqa: B010
    imported.main(*arguments)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

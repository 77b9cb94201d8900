"""A stage by the stock Trainer, on padded rows, in float32: `python -m benchmarks.stock tasks.finetuning 11`.

It is what the project falls back to for an architecture that it cannot pack, where the machine has no bfloat16; but
rows come in random order, padded to the longest of their batch, as a Trainer takes them where nothing is said.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from core.errors import run


def in_random_order(**given: Any) -> Any:
    """Return the Trainer's settings with its own way of choosing a batch."""
    from transformers import TrainingArguments  # here: a stage may need none, and would wait for it

    return TrainingArguments(**given | {"train_sampling_strategy": "random"})


@contextmanager
def replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    """Let a module's name stand for another value. Raises AttributeError where it has no such name."""
    before = getattr(module, name)  # else ours would be compared with itself, and nobody told
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


@contextmanager
def stock_parts(stage: str) -> Iterator[Any]:
    """Yield the stage's module, with which stock parts are used while the block lasts."""
    imported = importlib.import_module(stage)
    used = {name: module for name, module in sys.modules.items() if name.startswith(("core.", "tasks."))}
    with ExitStack() as parts:
        if "core.packing" in used:
            parts.enter_context(replaced(used["core.packing"], "packs", lambda network: False))
        for module in [used.get("core.device"), *(each for each in used.values() if hasattr(each, "has_bf16"))]:
            if module:
                parts.enter_context(replaced(module, "has_bf16", lambda: False))
        if stage == "tasks.finetuning":
            parts.enter_context(replaced(imported, "TrainingArguments", in_random_order))
        yield imported


def main(stage: str, *arguments: str) -> None:
    with stock_parts(stage) as imported:
        imported.main(*arguments)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

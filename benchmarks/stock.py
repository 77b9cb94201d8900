"""A stage by the stock Trainer, on padded rows, in float32: `python -m benchmarks.stock tasks.finetuning 11`.

It is what the project falls back to for an architecture that it cannot pack, where the machine has no bfloat16; but
rows come in random order, padded to the longest of their batch, as a Trainer takes them where nothing is said.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from core.base.errors import run


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
    module = importlib.import_module(f"{stage}.__main__")
    with ExitStack() as parts:
        if "torch" in sys.modules:  # the stage computes: it may pack rows, in bfloat16
            from core.encoders import device
            from core.encoders.packed import packing

            parts.enter_context(replaced(packing, "packs", lambda network: False))
            ours = device.has_bf16
            for name, user in list(sys.modules.items()):
                if name.startswith(("core.", "tasks.")) and getattr(user, "has_bf16", None) is ours:
                    parts.enter_context(replaced(user, "has_bf16", lambda: False))
        if stage == "tasks.finetuning":
            from tasks.finetuning import training

            parts.enter_context(replaced(training, "TrainingArguments", in_random_order))
        yield module


def main(stage: str, *arguments: str) -> None:
    with stock_parts(stage) as module:
        module.main(*arguments)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""A stage by the stock Trainer, on padded rows, in float32: `python -m benchmarks.stock tasks.finetuning 11`.

It is what the project falls back to for an architecture that it cannot pack, where the machine has no bfloat16.
"""

import importlib
import sys

from core.errors import run


def main(stage: str, *arguments: str) -> None:
    imported = importlib.import_module(stage)
    for name, module in list(sys.modules.items()):
        if name == "core.packing":
            setattr(module, "packs", lambda network: False)  # noqa: B010 - mypy knows no such attribute
        if name.startswith(("core.", "tasks.")) and hasattr(module, "has_bf16"):
            setattr(module, "has_bf16", lambda: False)  # noqa: B010
    imported.main(*arguments)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""A stage by the stock Trainer, on padded rows, in float32: `python -m benchmarks.stock tasks.finetuning 11`.

It is what the project falls back to for an architecture that it cannot pack, where the machine has no bfloat16.
"""

import runpy
import sys

from core import device

setattr(device, "has_bf16", lambda: False)  # noqa: B010 - before other modules import it

from core import packing  # noqa: E402

setattr(packing, "packs", lambda network: False)  # noqa: B010

if __name__ == "__main__":
    module, *sys.argv[1:] = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)

"""The stock Trainer over packed rows."""

from functools import partial
from typing import Any

from transformers import Trainer

from core import packing
from core.device import has_bf16


class PackedTrainer(Trainer):
    """The Trainer for a packed network, computing in bfloat16 where the machine does."""

    def compute_loss(self, model: Any, *given: Any, **named: Any) -> Any:
        return super().compute_loss(partial(packing.in_bfloat16, model) if has_bf16() else model, *given, **named)

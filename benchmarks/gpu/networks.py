"""Two networks of equal random weights of a named configuration, one of them packed, and the same rows for both."""

import copy
import gc
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

from benchmarks.gpu.sizes import Sizes
from core.encoders.device import device
from core.encoders.packed import packing

CLASSES = 3
Forward = Callable[[], Any]


class Sides(NamedTuple):
    """Calls of one network on the same rows, each returning its outputs."""

    padded: Forward
    packed: Forward


def configuration(family: str, sizes: Sizes, changes: dict[str, Any]) -> Any:
    """Return a family's configuration with weights so far from 0 that attention prefers some tokens."""
    config = AutoConfig.for_model(family, **sizes.networks[family], **changes)
    config.num_labels = CLASSES
    config.initializer_range = 1.4 / config.hidden_size**0.5
    return config


def dropout(config: Any, attention: float, others: float) -> None:
    """Set every probability of dropout that a configuration has."""
    for name in [each for each in config.to_dict() if "dropout" in each]:
        setattr(config, name, attention if name.startswith("attention") else others)


def rows(sizes: Sizes, config: Any) -> list[dict[str, Any]]:
    """Return random rows, longest first: the order in which they are packed."""
    source = torch.Generator().manual_seed(1)
    ids = [
        torch.randint(5, min(config.vocab_size, 30000), (size,), generator=source).tolist() for size in sizes.lengths
    ]
    return [{"input_ids": row, "labels": number % CLASSES} for number, row in enumerate(ids)]


def sides(config: Any, chosen: list[dict[str, Any]], precision: str) -> tuple[Any, Any, Sides]:
    """Return a padded and a packed network of equal weights, and their calls in a precision."""
    torch.manual_seed(0)
    padded = AutoModelForSequenceClassification.from_config(copy.deepcopy(config)).to(device())
    packed = packing.pack(copy.deepcopy(padded))
    fill = config.pad_token_id or 0
    longest = max(len(row["input_ids"]) for row in chosen)
    ids = torch.tensor([row["input_ids"] + [fill] * (longest - len(row["input_ids"])) for row in chosen])
    lengths = torch.tensor([len(row["input_ids"]) for row in chosen])
    mask = (torch.arange(longest) < lengths[:, None]).long()
    batch = {"input_ids": ids, "attention_mask": mask, "labels": torch.tensor([row["labels"] for row in chosen])}
    batch = on_device(batch)
    laid = on_device(packing.collator(packed)(chosen))

    def by_autocast() -> Any:
        with torch.autocast(device().type, torch.bfloat16):
            return padded(**batch)

    if precision == "float32":
        return padded, packed, Sides(lambda: padded(**batch), lambda: packed(**laid))
    return padded, packed, Sides(by_autocast, lambda: packing.in_bfloat16(packed, **laid))


def on_device(batch: dict[str, Any]) -> dict[str, Any]:
    return {name: each.to(device()) if isinstance(each, torch.Tensor) else each for name, each in batch.items()}


def release() -> None:
    """Give back what a line took of the card's memory."""
    gc.collect()
    if device().type == "cuda":
        torch.cuda.empty_cache()

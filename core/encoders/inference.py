"""Rows through a network, packed or padded, in bfloat16 where the machine has it; fewer at a time where memory ends."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.func import functional_call

from core.base.progress import progress
from core.encoders import mean_pooling, out_of_memory, padded, windows
from core.encoders.device import device, has_bf16
from core.encoders.packed import packing
from core.encoders.packed.prepacked import prepacked

TOKENS = 2**15  # of a batch: enough to fill an accelerator, and little memory whatever the rows' lengths
TOKENS_ON_CPU = 2**11  # what its caches hold: a fifth faster for long rows, a twentieth for short ones


def probabilities(classifier: Any, tokenizer: Any, rows: windows.Rows, float32: bool = False) -> NDArray[np.float64]:
    """Return each row's class probabilities: shape (rows, classes), float64, rows summing to 1.

    With `float32` all is computed in it, whatever the machine has.
    """
    return np.asarray(torch.from_numpy(logits(classifier, tokenizer, rows, float32)).softmax(-1))


def logits(classifier: Any, tokenizer: Any, rows: windows.Rows, float32: bool = False) -> NDArray[np.float64]:
    """Return what a classifier's last layer gives each row, its windows' mean: shape (rows, classes), float64."""
    read = windows.Windows(rows)
    found = _outputs(classifier, tokenizer, read, lambda output, batch: output.logits, float32)
    return np.asarray(windows.mean(found, read.rows))


def mean_states(encoder: Any, tokenizer: Any, rows: windows.Rows) -> NDArray[np.float64]:
    """Return the mean of each row's last hidden states over its tokens: shape (rows, hidden size), float64."""

    def mean(output: Any, batch: dict[str, Any]) -> torch.Tensor:
        states = output.last_hidden_state.float()
        if "lengths" in batch:
            return packing.means(states, batch["bounds"])
        return mean_pooling.mean(states, batch["attention_mask"])

    read = windows.Windows(rows)
    states = _outputs(encoder, tokenizer, read, mean)
    return np.asarray(windows.mean(states, read.rows, read.lengths))


def most_tokens() -> int:
    """Return how many tokens of a batch this machine computes at once."""
    return TOKENS_ON_CPU if device().type == "cpu" else TOKENS


def next_batch(order: list[int], lengths: Sequence[int], most: int) -> list[int]:
    """Return the first rows of an order, longest first: as many as fit into `most` tokens, padded, one at least."""
    return order[: max(1, most // lengths[order[0]])]


def _outputs(
    network: Any,
    tokenizer: Any,
    read: windows.Windows,
    wanted: Callable[[Any, dict[str, Any]], torch.Tensor],
    float32: bool = False,
) -> torch.Tensor:
    """Return what is wanted of each window, one beneath another, in float64 on the CPU."""
    network = network.to(device()).eval()
    packed = packing.packs(network)
    collate = packing.collator(packing.pack(network)) if packed else padded.collator(tokenizer)
    lengths = read.lengths
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])  # as `collate` does; like lengths pad little
    parts, start, most = [], 0, most_tokens()
    bf16 = has_bf16() and not float32
    narrow = torch.autocast(device().type, torch.bfloat16) if bf16 and not packed else nullcontext()
    halved: AbstractContextManager[dict[str, torch.Tensor]] = prepacked(network) if bf16 and packed else nullcontext({})
    with torch.inference_mode(), narrow, halved as weights, progress("inference", len(order)) as advance:

        def outputs(positions: list[int]) -> torch.Tensor:
            batch = collate([read[place] for place in positions])
            batch |= {name: value.to(device()) for name, value in batch.items() if isinstance(value, torch.Tensor)}
            return wanted(functional_call(network, weights, kwargs=batch), batch).float()

        while start < len(order):
            positions = next_batch(order[start : start + most], lengths, most)
            part = out_of_memory.fit(partial(outputs, positions))
            if part is None:
                longest = lengths[positions[0]]
                most = longest * out_of_memory.fewer(len(positions), longest)
                continue
            parts.append(part)
            start += len(positions)
            advance(len(positions))
    table = torch.cat(parts).cpu()  # at once: a device that is asked for each batch waits each time
    parts.clear()
    found = np.empty(table.shape)
    found[order] = table.numpy()
    return torch.from_numpy(found)

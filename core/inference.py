"""Rows through a network: packed, and in bfloat16 where the machine has it; else padded, in float32."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.func import functional_call

from core import mean_pooling, packing
from core.device import device, has_bf16

TOKENS = 2**13  # of a batch: enough to fill an accelerator, and little memory whatever the rows' lengths
TOKENS_ON_CPU = 2**11  # what its caches hold: a fifth faster for long rows, a twentieth for short ones


Rows = Iterable[Mapping[str, Any]]  # input_ids and, where the network tells two texts apart by them, token_type_ids


def probabilities(classifier: Any, tokenizer: Any, rows: Rows) -> NDArray[np.float64]:
    """Return each row's class probabilities: shape (rows, classes), float64, rows summing to 1."""
    return np.asarray(torch.from_numpy(logits(classifier, tokenizer, rows)).softmax(-1))


def logits(classifier: Any, tokenizer: Any, rows: Rows) -> NDArray[np.float64]:
    """Return what a classifier's last layer gives each row: shape (rows, classes), float64."""
    return _outputs(classifier, tokenizer, rows, lambda output, batch: output.logits.double())


def mean_states(encoder: Any, tokenizer: Any, rows: Rows) -> NDArray[np.float64]:
    """Return the mean of each row's last hidden states over its tokens: shape (rows, hidden size), float64."""

    def mean(output: Any, batch: dict[str, Any]) -> torch.Tensor:
        states = output.last_hidden_state.double()
        if "lengths" in batch:
            return packing.means(states, batch["bounds"])
        return mean_pooling.mean(states, batch["attention_mask"])

    return _outputs(encoder, tokenizer, rows, mean)


def batches(order: Sequence[int], lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Yield rows in the given order, longest first: as many at a time as fit into `most` tokens, padded, or one."""
    batch: list[int] = []
    for row in order:
        if batch and (len(batch) + 1) * lengths[batch[0]] > most:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _outputs(
    network: Any,
    tokenizer: Any,
    rows: Rows,
    wanted: Callable[[Any, dict[str, Any]], torch.Tensor],
) -> NDArray[np.float64]:
    network = network.to(device()).eval()
    packed = packing.packs(network)
    collate = packing.collator(packing.pack(network)) if packed else _padding(tokenizer)
    read = [{name: row[name] for name in ("input_ids", "token_type_ids") if name in row} for row in rows]
    lengths = [len(row["input_ids"]) for row in read]
    order = sorted(range(len(read)), key=lambda row: -lengths[row])  # as `collate` does; like lengths pad little
    most = TOKENS_ON_CPU if device().type == "cpu" else TOKENS
    outputs: list[Any] = [None] * len(read)
    with torch.inference_mode():
        weights = packing.halves(network) if packed and has_bf16() else {}
        for chosen in batches(order, lengths, most):
            batch = collate([read[row] for row in chosen])
            batch |= {name: value.to(device()) for name, value in batch.items() if isinstance(value, torch.Tensor)}
            output = functional_call(network, weights, kwargs=batch)
            for row, value in zip(chosen, wanted(output, batch).cpu().numpy(), strict=True):
                outputs[row] = value
    return np.stack(outputs)


def _padding(tokenizer: Any) -> Callable[[Sequence[dict[str, Any]]], dict[str, Any]]:
    return lambda rows: dict(tokenizer.pad(list(rows), return_tensors="pt"))

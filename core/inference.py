"""Rows through a network, packed or padded, in bfloat16 where the machine has it; fewer at a time where memory ends."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.func import functional_call

from core import mean_pooling, memory, packing
from core.device import device, has_bf16
from core.errors import UserError

TOKENS = 2**13  # of a batch: enough to fill an accelerator, and little memory whatever the rows' lengths
TOKENS_ON_CPU = 2**11  # what its caches hold: a fifth faster for long rows, a twentieth for short ones


Rows = Iterable[Mapping[str, Any]]  # input_ids and, where the network tells two texts apart by them, token_type_ids


def probabilities(classifier: Any, tokenizer: Any, rows: Rows) -> NDArray[np.float64]:
    """Return each row's class probabilities: shape (rows, classes), float64, rows summing to 1."""
    return np.asarray(torch.from_numpy(logits(classifier, tokenizer, rows)).softmax(-1))


def logits(classifier: Any, tokenizer: Any, rows: Rows) -> NDArray[np.float64]:
    """Return what a classifier's last layer gives each row: shape (rows, classes), float64."""
    return _outputs(classifier, tokenizer, rows, lambda output, batch: output.logits)


def mean_states(encoder: Any, tokenizer: Any, rows: Rows) -> NDArray[np.float64]:
    """Return the mean of each row's last hidden states over its tokens: shape (rows, hidden size), float64."""

    def mean(output: Any, batch: dict[str, Any]) -> torch.Tensor:
        states = output.last_hidden_state.float()
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
    found, rest = [], order
    narrow = torch.autocast(device().type, torch.bfloat16) if has_bf16() and not packed else nullcontext()
    with torch.inference_mode(), narrow:
        weights = packing.halves(network) if packed and has_bf16() else {}

        def outputs(chosen: list[int]) -> torch.Tensor:
            batch = collate([read[row] for row in chosen])
            batch |= {name: value.to(device()) for name, value in batch.items() if isinstance(value, torch.Tensor)}
            return wanted(functional_call(network, weights, kwargs=batch), batch).float()

        while rest:
            chosen = next(batches(rest, lengths, most))
            part = memory.fit(partial(outputs, chosen))
            if part is None:
                most = fewer(chosen, lengths)
                continue
            found.append(part)
            rest = rest[len(chosen) :]
    table = torch.cat(found).cpu().double().numpy()  # at once: a device that is asked for each batch waits each time
    return np.asarray(table[np.argsort(order)])


def fewer(chosen: Sequence[int], lengths: Sequence[int]) -> int:
    """Return how many tokens half the rows of a batch have that memory did not hold. Raises UserError for one row."""
    longest = max(lengths[row] for row in chosen)
    if len(chosen) == 1:
        raise UserError(
            f"out of memory with one row of {longest} tokens at a time: lower tokenization.max_length, choose a "
            "smaller model, or end what else uses the memory"
        )
    print(f"out of memory with {len(chosen)} rows at a time: {len(chosen) // 2} at a time", flush=True)
    return len(chosen) // 2 * longest


def _padding(tokenizer: Any) -> Callable[[Sequence[dict[str, Any]]], dict[str, Any]]:
    return lambda rows: dict(tokenizer.pad(list(rows), return_tensors="pt"))

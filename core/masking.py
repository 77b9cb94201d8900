"""The masked loss: how well an encoder, under the general model's own head, fills gaps in texts."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy
from transformers import DataCollatorForLanguageModeling

from core.device import device

Table = NDArray[np.float64]
TOKENS = 2**11  # of a batch: each of them gets a logit for every word
IGNORED = -100  # what the collator writes where a token is not to be guessed


def hide(rows: Sequence[list[int]], tokenizer: Any, share: float, seed: int) -> dict[str, torch.Tensor]:
    """Return the rows, padded, with a share of their tokens hidden: input_ids, attention_mask and labels.

    Hidden is what counts in the loss: of these tokens 80% are masked, 10% replaced, 10% left as they are, as in Devlin
    et al., BERT (2019), section 3.1.
    """
    collator = DataCollatorForLanguageModeling(tokenizer, mlm_probability=share, seed=seed)
    return dict(collator([{"input_ids": list(row)} for row in rows]))


def _batches(hidden: dict[str, torch.Tensor]) -> Iterator[dict[str, torch.Tensor]]:
    rows, longest = hidden["input_ids"].shape
    size = max(1, TOKENS // longest)
    for start in range(0, rows, size):
        yield {name: tensor[start : start + size].to(device()) for name, tensor in hidden.items()}


def losses(head: Any, encoder: Any, hidden: dict[str, torch.Tensor]) -> Table:
    """Return for each row the summed loss (nats) and the number of its hidden tokens: shape (rows, 2)."""
    setattr(head, head.base_model_prefix, encoder)
    head = head.to(device()).eval()
    found = []
    with torch.inference_mode():
        for batch in _batches(hidden):
            targets = batch.pop("labels")
            logits = head(**batch).logits.transpose(1, 2)
            summed = cross_entropy(logits, targets, reduction="none", ignore_index=IGNORED).double().sum(1)
            found.append(torch.stack([summed, (targets != IGNORED).sum(1).double()], 1).cpu().numpy())
    return np.concatenate(found)

"""The masked loss: how well an encoder, under the pretrained model's own head, fills gaps in texts."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy
from transformers import DataCollatorForLanguageModeling

from core.encoders import out_of_memory
from core.encoders.device import device

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


def losses(head: Any, encoder: Any, hidden: dict[str, torch.Tensor]) -> Table:
    """Return for each row the summed loss (nats) and the number of its hidden tokens: shape (rows, 2)."""
    setattr(head, head.base_model_prefix, encoder)
    head = head.to(device()).eval()
    rows, longest = hidden["input_ids"].shape
    size, done, parts = max(1, TOKENS // longest), 0, []
    with torch.inference_mode():
        while done < rows:
            batch = range(done, min(done + size, rows))
            part = out_of_memory.fit(partial(_losses, head, {name: of_all[batch] for name, of_all in hidden.items()}))
            if part is None:
                size = out_of_memory.fewer(len(batch), longest)
                continue
            parts.append(part)
            done += len(batch)
    counts = (hidden["labels"] != IGNORED).sum(1)
    return np.asarray(torch.stack([torch.cat(parts).cpu().double(), counts.double()], 1))


def _losses(head: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    batch = {name: tensor.to(device()) for name, tensor in batch.items()}
    targets = batch.pop("labels")
    logits = head(**batch).logits.transpose(1, 2)
    return cross_entropy(logits, targets, reduction="none", ignore_index=IGNORED).sum(1)

"""Rows through a network, a padded batch of like lengths at a time."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.device import device


def probabilities(classifier: Any, tokenizer: Any, rows: Sequence[list[int]], batch_size: int) -> NDArray[np.float64]:
    """Return each row's class probabilities: shape (rows, classes), float64, rows summing to 1."""
    return _outputs(
        classifier, tokenizer, rows, batch_size, lambda batch: classifier(**batch).logits.double().softmax(-1)
    )


def mean_states(encoder: Any, tokenizer: Any, rows: Sequence[list[int]], batch_size: int) -> NDArray[np.float64]:
    """Return the mean of each row's last hidden states over its tokens: shape (rows, hidden size), float64."""

    def mean(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        mask = batch["attention_mask"].unsqueeze(-1)
        states = encoder(**batch).last_hidden_state.double() * mask
        return states.sum(1) / mask.sum(1)

    return _outputs(encoder, tokenizer, rows, batch_size, mean)


def _outputs(
    network: Any,
    tokenizer: Any,
    rows: Sequence[list[int]],
    batch_size: int,
    output: Callable[[dict[str, torch.Tensor]], torch.Tensor],
) -> NDArray[np.float64]:
    network = network.to(device()).eval()
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))  # like lengths pad little
    outputs: list[Any] = [None] * len(rows)
    with torch.inference_mode():
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            batch = tokenizer.pad({"input_ids": [rows[row] for row in chosen]}, return_tensors="pt").to(device())
            for row, value in zip(chosen, output(batch).cpu().numpy(), strict=True):
                outputs[row] = value
    return np.stack(outputs)

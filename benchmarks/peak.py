"""What a device could do at best, and how much of that training on some rows takes."""

import time
from collections.abc import Sequence
from typing import Any

import torch

from core.encoders.device import device, has_bf16

REPEATS = 10


def peak(sizes: Sequence[int]) -> float:
    """Return the operations a second of products of square matrices in the precision of ours: the best of several."""
    precision = torch.bfloat16 if has_bf16() else torch.float32
    rates = []
    for size in sizes:
        square = torch.randn(size, size, dtype=precision, device=device())
        rates += [2 * size**3 / seconds(square) for _ in range(REPEATS)]
    return max(rates)


def seconds(square: torch.Tensor) -> float:
    """Return how long one product takes; on a card by its own clock."""
    if not square.is_cuda:
        started = time.perf_counter()
        (square @ square)[0, 0].item()
        return time.perf_counter() - started
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    for _ in range(REPEATS):
        square @ square
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) / 1000 / REPEATS


def operations(encoder: Any, lengths: Sequence[int]) -> float:
    """Return the floating-point operations that training an encoder on rows of such lengths takes without padding.

    Six for each weight of a layer and token, and twelve for each layer, unit and pair of tokens (Kaplan et al. 2020,
    section 2.1).
    """
    weights = sum(weight.numel() for weight in encoder.encoder.parameters())
    pairs = sum(length**2 for length in lengths) * encoder.config.hidden_size * encoder.config.num_hidden_layers
    return float(6 * weights * sum(lengths) + 12 * pairs)

"""Where the tokens of packed sequences lie in padded batches, the tokens of a head together."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

import torch

LIKE = 32  # tokens by which rows of a batch may differ: padding them costs less than another batch
STEP = 8  # padded rows have a multiple of it: the first product of each shape has to be compiled


class Batch(NamedTuple):
    """Rows of like lengths, padded."""

    row_count: int
    longest: int  # tokens of each row
    hidden: torch.Tensor | None  # float32 (rows, 1, 1, longest), added to scores to hide padding; None: none


class Layout(NamedTuple):
    """Where each head of each token lies: int64 indices of states, shape (tokens * heads, size), and of padded ones.

    Padded ones lie batch by batch, by row, head and token; behind them there is an empty place for each head.
    """

    batches: list[Batch]
    order: torch.Tensor  # of each padded place, what lies in it: in padding and empty places, the first token of no row
    places: torch.Tensor  # of each state, its padded place: an empty one, where it is of no row
    starts: torch.Tensor  # of each row, its first token


@lru_cache(maxsize=8)  # every layer of a step asks the same
def layout(lengths: tuple[int, ...], tokens: int, heads: int, device: torch.device) -> Layout:
    """Return where so many tokens lie, of which those behind the rows, at least one, are of no row."""
    with torch.inference_mode(False):  # what inference asked for first may be saved for a gradient later
        starts, end = torch.tensor([0, *accumulate(lengths)])[:-1], sum(lengths)
        batches, order, done = [], [], 0
        for run in _runs(lengths):
            position = torch.arange(-(-run[0] // STEP) * STEP)
            real = position < torch.tensor(run)[:, None]  # (rows, longest)
            first, done = starts[done : done + len(run)], done + len(run)
            lying = torch.where(real, first[:, None] + position, end)
            order.append((lying[:, None] * heads + torch.arange(heads)[:, None]).flatten())
            # Not minus infinity: a padded token may see nothing but padding, and must not turn into NaN.
            hidden = torch.zeros(real.shape).masked_fill(~real, torch.finfo(torch.float32).min)[:, None, None]
            full = min(run) == len(position)
            batches.append(Batch(len(run), len(position), None if full else hidden.to(device)))
        lies = torch.cat([*order, end * heads + torch.arange(heads)])
        places = torch.full((tokens * heads,), len(lies) - 1)
        places[lies] = torch.where(lies < end * heads, torch.arange(len(lies)), len(lies) - 1)
        return Layout(batches, lies.to(device), places.to(device), starts.to(device))


def _runs(lengths: Sequence[int]) -> list[list[int]]:
    """Return the lengths cut into runs of like lengths, the longest of each run first."""
    runs: list[list[int]] = []
    for length in lengths:
        if runs and 0 <= runs[-1][0] - length <= LIKE:
            runs[-1].append(length)
        else:
            runs.append([length])
    return runs


class Moved(torch.autograd.Function):
    """States by `order`, whose gradients go back by `back`: copied, where PyTorch's own would zero and add them up."""

    @staticmethod
    def forward(context: Any, states: torch.Tensor, order: torch.Tensor, back: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(back)
        return states.index_select(0, order)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        return gradient.index_select(0, *context.saved_tensors), None, None

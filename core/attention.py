"""Attention over rows laid end to end, registered with transformers as `packed`: a token sees its own row alone.

On CPU the scaled dot products are plain batched matrix products, a batch for rows of like length: PyTorch's fused
kernel is several times slower there in bfloat16, and is not used where weights are dropped.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface

from core.dropout import dropped

NAME = "packed"
FIRST = "reads_first_tokens_alone"
LIKE = 32  # tokens by which rows of a batch may differ: padding them costs less than another batch
STEP = 8  # padded rows have a multiple of it: the first product of each shape has to be compiled


def attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    scaling: float,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    *,
    lengths: Sequence[int],
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Return attention's output, shape (1, tokens, heads, size), of arguments shaped (1, heads, tokens, size).

    `lengths` are the rows' tokens in the order in which they lie; a token sees less than `sliding_window` to each side.
    Of a module marked FIRST nobody reads more than each row's first token: the others' output is 0. So is that of
    tokens behind the last row.
    """
    tokens = sum(lengths)
    states = [each[0].transpose(0, 1)[:tokens] for each in (query * scaling, key, value)]  # (tokens, heads, size)
    if query.is_cuda and query.dtype == torch.bfloat16 and not dropout:
        outputs = [_flash(states, lengths, sliding_window)]
    else:
        attend = _attend_first if getattr(module, FIRST, False) else _attend
        batches = _batches(tuple(lengths))
        parts = zip(*(each.split([sum(batch) for batch in batches]) for each in states), strict=True)
        outputs = [attend(batch, sliding_window, dropout, *part) for batch, part in zip(batches, parts, strict=True)]
    behind = query.new_zeros(query.shape[2] - tokens, *states[0].shape[1:])
    return torch.cat([*outputs, behind])[None], None


AttentionInterface.register(NAME, attention)
AttentionMaskInterface.register(NAME, lambda **_: None)


@lru_cache
def _batches(lengths: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the lengths cut into runs of like lengths, the longest of each run first."""
    batches: list[list[int]] = []
    for length in lengths:
        if batches and 0 <= batches[-1][0] - length <= LIKE:
            batches[-1].append(length)
        else:
            batches.append([length])
    return [tuple(batch) for batch in batches]


def _attend(
    lengths: tuple[int, ...],
    sliding_window: int | None,
    dropout: float,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
) -> torch.Tensor:
    """Return the output of one batch: shape (tokens, heads, size), as its query, key and value."""
    places, hidden = _padding(lengths, query.dtype, query.device)
    query, key, value = (_pad(each, lengths, places).transpose(1, 2) for each in (query, key, value))
    states = _weighted(query, key, value, hidden, sliding_window, dropout).flatten(0, 1)
    return states if places is None else states.index_select(0, places)


def _attend_first(
    lengths: tuple[int, ...],
    sliding_window: int | None,
    dropout: float,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
) -> torch.Tensor:
    """Return what `_attend` does for each row's first token, and 0 for the others."""
    places, hidden = _padding(lengths, query.dtype, query.device)
    starts = torch.tensor([0, *accumulate(lengths[:-1])], device=query.device)
    key, value = (_pad(each, lengths, places).transpose(1, 2) for each in (key, value))
    states = _weighted(query[starts, :, None], key, value, hidden, sliding_window, dropout)
    return torch.zeros_like(query).index_copy(0, starts, states[:, 0])


def _weighted(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    hidden: torch.Tensor | None,
    sliding_window: int | None,
    dropout: float,
) -> torch.Tensor:
    """Return the values weighted by attention: shape (rows, queries, heads, size), of (rows, heads, queries, size)."""
    scores = query @ key.transpose(2, 3)  # (rows, heads, queries, longest)
    if hidden is not None:
        scores += hidden
    queries, longest = scores.shape[2:]
    if sliding_window is not None and longest > sliding_window:
        position = torch.arange(longest, device=scores.device)
        far = (position[:queries, None] - position).abs() >= sliding_window
        scores = scores.masked_fill(far, torch.finfo(scores.dtype).min)
    return (dropped(scores.softmax(-1), dropout) @ value).transpose(1, 2)


@lru_cache(maxsize=64)  # every layer of a step asks the same
def _padding(
    lengths: tuple[int, ...], dtype: torch.dtype, device: torch.device
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Return each token's place among the padded rows, and what hides the padding; None where none is needed."""
    longest = _longest(lengths)
    if longest == lengths[-1]:
        return None, None
    real = torch.arange(longest) < torch.tensor(lengths)[:, None]
    # Not minus infinity: a padded token may see nothing but padding, and must not turn into NaN.
    hidden = torch.zeros(real.shape, dtype=dtype).masked_fill(~real, torch.finfo(dtype).min)
    return real.flatten().nonzero()[:, 0].to(device), hidden[:, None, None].to(device)


def _longest(lengths: tuple[int, ...]) -> int:
    return -(-lengths[0] // STEP) * STEP


def _pad(states: torch.Tensor, lengths: tuple[int, ...], places: torch.Tensor | None) -> torch.Tensor:
    """Return the tokens of a batch as padded rows: shape (rows, longest, heads, size)."""
    shape = (len(lengths), _longest(lengths))
    if places is None:
        return states.unflatten(0, shape)
    padded = states.new_zeros(shape[0] * shape[1], *states.shape[1:])
    return padded.index_copy(0, places, states).unflatten(0, shape)


def _flash(states: Sequence[torch.Tensor], lengths: Sequence[int], sliding_window: int | None) -> torch.Tensor:
    # Flash attention knows rows of any length by where they start. Not run by the tests, which need no GPU.
    from torch.nn.attention.varlen import varlen_attn  # here: it takes a second to load, and CPUs have no use for it

    starts = torch.tensor([0, *accumulate(lengths)], dtype=torch.int32, device=states[0].device)
    window = (-1, -1) if sliding_window is None else (sliding_window - 1, sliding_window - 1)
    longest = max(lengths)
    output = varlen_attn(*states, starts, starts, longest, longest, scale=1.0, window_size=window)
    assert isinstance(output, torch.Tensor)
    return output

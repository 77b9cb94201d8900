"""Attention over rows laid end to end, registered with transformers as `packed`: a token sees its own row alone.

On CPU the scaled dot products are plain batched matrix products, a batch for rows of like length: PyTorch's fused
kernel is several times slower there in bfloat16, and is not used where weights are dropped.
"""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface

from core.dropout import dropped
from core.layout import Layout, Moved, bounds, layout

NAME = "packed"
FIRST = "reads_first_tokens_alone"


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
    Behind the last row lies at least one token of no row, whose output is 0. Of a module marked FIRST nobody reads more
    than each row's first token: the others' output is 0.
    """
    states = [each.squeeze(0).transpose(0, 1) for each in (query * scaling, key, value)]  # (tokens, heads, size)
    if query.is_cuda and query.dtype == torch.bfloat16 and not dropout:
        return _flash(lengths, sliding_window, *states)[None], None
    tokens, heads, _size = states[0].shape
    found = layout(tuple(lengths), tokens, heads, query.dtype, query.device)
    attend = _attend_first if getattr(module, FIRST, False) else _attend
    return attend(found, sliding_window, dropout, *states)[None], None


AttentionInterface.register(NAME, attention)
AttentionMaskInterface.register(NAME, lambda **_: None)


def _attend(
    found: Layout,
    sliding_window: int | None,
    dropout: float,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
) -> torch.Tensor:
    """Return the output of each token: shape (tokens, heads, size), as its query, key and value."""
    parts = zip(found.batches, *(_padded(found, each) for each in (query, key, value)), strict=True)
    outputs = [_weighted(batch.hidden, sliding_window, dropout, *part).flatten(0, 2) for batch, *part in parts]
    empty = query.new_zeros(query.shape[1:])
    return Moved.apply(torch.cat([*outputs, empty]), found.places, found.order).view(query.shape)


def _attend_first(
    found: Layout,
    sliding_window: int | None,
    dropout: float,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
) -> torch.Tensor:
    """Return what `_attend` does for each row's first token, and 0 for the others."""
    queries = query[found.starts, :, None].split([batch.rows for batch in found.batches])
    parts = zip(found.batches, queries, *(_padded(found, each) for each in (key, value)), strict=True)
    outputs = [_weighted(batch.hidden, sliding_window, dropout, *part)[:, :, 0] for batch, *part in parts]
    return torch.zeros_like(query).index_copy(0, found.starts, torch.cat(outputs))


def _padded(found: Layout, states: torch.Tensor) -> list[torch.Tensor]:
    """Return the states of each batch, shape (rows, heads, longest, size), of states shaped (tokens, heads, size)."""
    heads, size = states.shape[1:]
    padded = Moved.apply(states.flatten(0, 1), found.order, found.places)
    parts = padded.split([*(batch.rows * heads * batch.longest for batch in found.batches), heads])
    return [
        part.view(batch.rows, heads, batch.longest, size)
        for batch, part in zip(found.batches, parts, strict=False)  # but the empty places
    ]


def _weighted(
    hidden: torch.Tensor | None,
    sliding_window: int | None,
    dropout: float,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
) -> torch.Tensor:
    """Return the values weighted by attention: shape (rows, heads, queries, size), as the query."""
    scores = query @ key.transpose(2, 3)  # (rows, heads, queries, longest)
    if hidden is not None:
        scores += hidden
    queries, longest = scores.shape[2:]
    if sliding_window is not None and longest > sliding_window:
        position = torch.arange(longest, device=scores.device)
        far = (position[:queries, None] - position).abs() >= sliding_window
        scores = scores.masked_fill(far, torch.finfo(scores.dtype).min)
    return dropped(scores.softmax(-1), dropout) @ value


def _flash(
    lengths: Sequence[int],
    sliding_window: int | None,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
) -> torch.Tensor:
    # Flash attention knows rows of any length by where they start. Tests, which need no GPU, do not run its kernel.
    from torch.nn.attention.varlen import varlen_attn  # here: it takes a second to load, and CPUs have no use for it

    starts = bounds(tuple(lengths), query.device)
    window = (-1, -1) if sliding_window is None else (sliding_window - 1, sliding_window - 1)
    longest, end = max(lengths), sum(lengths)
    rows = [each[:end] for each in (query, key, value)]
    output = varlen_attn(*rows, starts, starts, longest, longest, scale=1.0, window_size=window)
    assert isinstance(output, torch.Tensor)
    return torch.cat([output, torch.zeros_like(query[end:])])

"""Attention over packed sequences, registered with transformers as `packed`: a token sees its own sequence alone.

In bfloat16 on CUDA it is PyTorch's flash attention of sequences of any length. Elsewhere, and where that kernel cannot
be used, the scaled dot products are plain batched matrix products, a batch for sequences of like length: on CPU
PyTorch's fused kernel is several times slower in bfloat16, and is not used where weights are dropped.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch.nn.functional import pad
from transformers import AttentionInterface, AttentionMaskInterface

from core.encoders.packed.dropout import dropped
from core.encoders.packed.padded_batches import Batch, Layout, Moved, layout

NAME = "packed"
FIRST = "reads_first_tokens_alone"
CUDA = ("cuda", "meta")  # meta, which computes nothing, shows what a GPU would be asked for
SHARE = 2**17  # scores at a time, half a megabyte
FLASH_MOST, FLASH_STEP = 256, 8  # sizes of a head that the kernel knows: its multiples up to the most


class Form(NamedTuple):
    """How scores become weights."""

    scaling: float
    dropout: float
    sliding_window: int | None


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
    bounds: torch.Tensor,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Return attention's output, shape (1, tokens, heads, size), of arguments shaped (1, heads, tokens, size).

    `lengths` and `bounds` are those of `packing.collate`; a token sees less than `sliding_window` to each side. Behind
    the last sequence lies at least one token of none, whose output nothing reads. Of a module marked FIRST nobody reads
    more than each sequence's first token.
    """
    states = [projected.squeeze(0).transpose(0, 1) for projected in (query, key, value)]  # (tokens, heads, size)
    form = Form(scaling, dropout, sliding_window)
    if flashes(query):
        return _flash(lengths, bounds, form, *states)[None], None
    tokens, heads, _size = states[0].shape
    placed = layout(tuple(lengths), tokens, heads, query.device)
    attend = _attend_first if getattr(module, FIRST, False) else _attend
    return attend(placed, form, *states)[None], None


AttentionInterface.register(NAME, attention)
AttentionMaskInterface.register(NAME, lambda **_: None)


def flashes(query: torch.Tensor) -> bool:
    """Return whether flash attention can be used: its gradients come in any order."""
    able = query.device.type in CUDA and query.dtype == torch.bfloat16 and query.shape[-1] <= FLASH_MOST
    return able and not torch.are_deterministic_algorithms_enabled()


def flashes_in(network: Any) -> bool:
    """Return whether a packed network trains by flash attention in bfloat16: its kernels depend on shapes alone."""
    config = network.config
    sizes = torch.empty(0, config.hidden_size // config.num_attention_heads, dtype=torch.bfloat16, device="meta")
    return network.device.type == "cuda" and flashes(sizes)


def reach(lengths: Sequence[int], tokens: int) -> int:
    """Return the power of two that no sequence is longer than, nor the tokens of none behind them."""
    return int(1 << (max(*lengths, tokens - sum(lengths)) - 1).bit_length())


def _attend(placed: Layout, form: Form, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Return the output of each token: shape (tokens, heads, size), as its query, key and value; 0 of no sequence."""
    parts = zip(placed.batches, *(_padded(placed, states) for states in (query, key, value)), strict=True)
    outputs = [_weighted(batch, form, *part).flatten(0, 2) for batch, *part in parts]
    empty = query.new_zeros(query.shape[1:])
    return Moved.apply(torch.cat([*outputs, empty]), placed.places, placed.order).view(query.shape)


def _attend_first(
    placed: Layout, form: Form, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor
) -> torch.Tensor:
    """Return what `_attend` does for each sequence's first token, and 0 for the others."""
    queries = query[placed.starts, :, None].split([batch.row_count for batch in placed.batches])
    parts = zip(placed.batches, queries, *(_padded(placed, states) for states in (key, value)), strict=True)
    outputs = [_weighted(batch, form, *part)[:, :, 0] for batch, *part in parts]
    return torch.zeros_like(query).index_copy(0, placed.starts, torch.cat(outputs))


def _padded(placed: Layout, states: torch.Tensor) -> list[torch.Tensor]:
    """Return the states of each batch, shape (rows, heads, longest, size), of states shaped (tokens, heads, size)."""
    heads, size = states.shape[1:]
    padded = Moved.apply(states.flatten(0, 1), placed.order, placed.places)
    parts = padded.split([*(batch.row_count * heads * batch.longest for batch in placed.batches), heads])
    return [
        part.view(batch.row_count, heads, batch.longest, size)
        for batch, part in zip(placed.batches, parts, strict=False)  # but the empty places
    ]


def _weighted(batch: Batch, form: Form, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Return the values weighted by attention: shape (rows, heads, queries, size), as the query."""
    hidden, window = batch.hidden, form.sliding_window
    if window is not None and batch.longest > window:
        position = torch.arange(batch.longest, device=query.device)
        far = (position[: query.shape[2], None] - position).abs() >= window
        near = torch.zeros(1, 1, 1, 1, device=query.device) if hidden is None else hidden
        hidden = near.masked_fill(far, torch.finfo(near.dtype).min)
    return dropped(Weights.apply(query, key, hidden, form.scaling), form.dropout) @ value


class Weights(torch.autograd.Function):
    """The weights of attention, shape (rows, heads, queries, longest), in the precision of its queries and keys.

    Scores and softmax are in float32 all the same, as in fused kernels: a large score rounded to bfloat16 makes its
    weight as wrong as it is large. Gradients need no such care.
    """

    @staticmethod
    def forward(
        context: Any, query: torch.Tensor, key: torch.Tensor, hidden: torch.Tensor | None, scaling: float
    ) -> torch.Tensor:
        shape = (*query.shape[:3], key.shape[2])
        hidden = query.new_zeros(1, 1, 1, 1, dtype=torch.float32) if hidden is None else hidden
        weights, hidden = query.new_empty(shape), hidden.expand(shape[0], 1, -1, shape[3])
        # In shares that a processor's cache holds from the product to the weights.
        heads = SHARE // (shape[2] * shape[3]) if query.device.type == "cpu" else shape[0] * shape[1]
        rows = (tensor.split(max(1, heads // shape[1])) for tensor in (weights, query, key, hidden))
        for *states, near in zip(*rows, strict=True):
            for share, queries, keys in zip(*(tensor.split(max(1, heads), 1) for tensor in states), strict=True):
                share.copy_(_scores(queries, keys, scaling).add_(near).softmax(-1))
        context.save_for_backward(query, key, weights)
        context.scaling = scaling
        return weights

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        query, key, weights = context.saved_tensors
        scores = torch._softmax_backward_data(gradient, weights, -1, gradient.dtype)
        return (scores @ key) * context.scaling, (scores.transpose(2, 3) @ query) * context.scaling, None, None


def _scores(query: torch.Tensor, key: torch.Tensor, scaling: float) -> torch.Tensor:
    if query.device.type in CUDA and query.dtype == torch.bfloat16:
        products = torch.bmm(query.flatten(0, 1), key.flatten(0, 1).transpose(1, 2), out_dtype=torch.float32)
        return products.view(*query.shape[:3], -1) * scaling
    return (query.float() * scaling) @ key.float().transpose(2, 3)


def _flash(
    lengths: Sequence[int],
    bounds: torch.Tensor,
    form: Form,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
) -> torch.Tensor:
    # Flash attention knows sequences of any length by where they start; those tokens that are of none see each other.
    # Tests, which need no GPU, do not run its kernel.
    tokens, _heads, size = query.shape
    window = (-1, -1) if form.sliding_window is None else (form.sliding_window - 1,) * 2
    longest = reach(lengths, tokens)
    states = [pad(state, (0, -size % FLASH_STEP)) if size % FLASH_STEP else state for state in (query, key, value)]
    # PyTorch's `varlen_attn` is this call without dropout.
    output, *_ = torch.ops.aten._flash_attention_forward(
        *states,
        bounds,
        bounds,
        longest,
        longest,
        form.dropout,
        False,  # a token sees what follows it
        False,
        scale=form.scaling,
        window_size_left=window[0],
        window_size_right=window[1],
    )
    assert isinstance(output, torch.Tensor)
    return output[..., :size]

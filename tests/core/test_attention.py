"""Packed attention is each row's own attention."""

import itertools

import pytest
import torch
from torch.nn.attention import varlen
from torch.nn.functional import scaled_dot_product_attention

from core.attention import _flash, attention

LENGTHS = [60, 50, 49, 9, 9, 1]
NO_ROW = 2  # tokens behind the last row


def alone(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    rows = zip(*(each.split([*LENGTHS, NO_ROW], dim=2) for each in (query, key, value)), strict=True)
    return torch.cat([scaled_dot_product_attention(*row).transpose(1, 2) for row in list(rows)[:-1]], dim=1)


@pytest.mark.parametrize("lengths", [LENGTHS, LENGTHS[::-1]])
def test_each_row_attends_to_itself_in_whatever_order_rows_lie(lengths, monkeypatch):
    monkeypatch.setattr(f"{__name__}.LENGTHS", lengths)
    torch.manual_seed(0)
    states = [torch.randn(1, 2, sum(lengths) + NO_ROW, 8) for _ in range(3)]
    found, weights = attention(None, *states, None, scaling=8**-0.5, lengths=lengths)
    assert weights is None
    assert torch.allclose(found[:, :-NO_ROW], alone(*states), atol=1e-6)
    assert not found[:, -NO_ROW:].any()


def test_dropped_weights_keep_the_mean():
    torch.manual_seed(0)
    states = [torch.randn(1, 2, sum(LENGTHS) + NO_ROW, 8) for _ in range(2)] + [
        torch.ones(1, 2, sum(LENGTHS) + NO_ROW, 8)
    ]
    runs = [
        attention(None, *states, None, scaling=1.0, dropout=0.2, lengths=LENGTHS)[0][:, :-NO_ROW] for _ in range(10)
    ]
    assert float(torch.stack(runs).mean()) == pytest.approx(1, abs=0.05)
    assert float(torch.stack(runs).std()) > 0.05


def plainly(query, key, value, starts, _starts, longest, _longest, causal, scale, window, *_):
    """What PyTorch says its kernel for CUDA computes, row by row: it has none for CPU."""
    assert not causal and starts.dtype == torch.int32 and longest == starts.diff().max()
    found = []
    for first, end in itertools.pairwise(starts.tolist()):
        rows = [each[first:end].transpose(0, 1) for each in (query, key, value)]
        ahead = torch.arange(end - first) - torch.arange(end - first)[:, None]  # of each key, seen from each query
        seen = ((ahead >= -window[0]) | (window[0] < 0)) & ((ahead <= window[1]) | (window[1] < 0))
        found.append(scaled_dot_product_attention(*rows, attn_mask=seen, scale=scale).transpose(0, 1))
    tokens, heads, _size = query.shape
    return torch.cat(found), query.new_zeros(heads, tokens), torch.zeros(2, dtype=torch.uint64)


@pytest.mark.parametrize("sliding_window", [None, 3])
def test_cuda_is_asked_for_what_cpu_computes(sliding_window):
    torch.manual_seed(0)
    states = [torch.randn(1, 2, sum(LENGTHS) + NO_ROW, 8) for _ in range(3)]
    expected, _ = attention(None, *states, None, scaling=0.5, lengths=LENGTHS, sliding_window=sliding_window)
    varlen._varlen_attn.register_kernel("cpu")(plainly)
    query, key, value = (each[0].transpose(0, 1) for each in states)
    found = _flash(LENGTHS, sliding_window, query * 0.5, key, value)
    assert torch.allclose(found, expected[0], atol=1e-6)

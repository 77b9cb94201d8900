"""Packed attention is each row's own attention."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from core.attention import attention

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

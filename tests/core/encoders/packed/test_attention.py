"""Packed attention is each row's own attention."""

import itertools
from types import SimpleNamespace

import pytest
import torch
from torch.library import _scoped_library
from torch.nn.functional import scaled_dot_product_attention
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import BertConfig

from core.encoders.packed.attention import Form, _flash, attention, flashes_in, reach

LENGTHS = [60, 50, 49, 9, 9, 1]
FLASH = "aten::_flash_attention_forward"
NO_ROW = 2  # tokens behind the last row
DROPPED = 0.1  # of the weights of attention


def bounds(lengths: list[int]) -> torch.Tensor:
    return torch.tensor([0, *itertools.accumulate([*lengths, NO_ROW])], dtype=torch.int32)


def alone(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    rows = zip(*(each.split([*LENGTHS, NO_ROW], dim=2) for each in (query, key, value)), strict=True)
    return torch.cat([scaled_dot_product_attention(*row).transpose(1, 2) for row in list(rows)[:-1]], dim=1)


@pytest.mark.parametrize("lengths", [LENGTHS, LENGTHS[::-1]])
def test_each_row_attends_to_itself_in_whatever_order_rows_lie(lengths, monkeypatch):
    monkeypatch.setattr(f"{__name__}.LENGTHS", lengths)
    torch.manual_seed(0)
    states = [torch.randn(1, 2, sum(lengths) + NO_ROW, 8) for _ in range(3)]
    found, weights = attention(None, *states, None, scaling=8**-0.5, lengths=lengths, bounds=bounds(lengths))
    assert weights is None
    assert torch.allclose(found[:, :-NO_ROW], alone(*states), atol=1e-6)
    assert not found[:, -NO_ROW:].any()


def test_dropped_weights_keep_the_mean():
    torch.manual_seed(0)
    states = [torch.randn(1, 2, sum(LENGTHS) + NO_ROW, 8) for _ in range(2)] + [
        torch.ones(1, 2, sum(LENGTHS) + NO_ROW, 8)
    ]
    runs = [
        attention(None, *states, None, scaling=1.0, dropout=0.2, lengths=LENGTHS, bounds=bounds(LENGTHS))[0][
            :, :-NO_ROW
        ]
        for _ in range(10)
    ]
    assert float(torch.stack(runs).mean()) == pytest.approx(1, abs=0.05)
    assert float(torch.stack(runs).std()) > 0.05


def power_of_two(longest: int) -> int:
    return next(2**power for power in range(12) if longest <= 2**power)


def plainly(query, key, value, starts, _starts, longest, _longest, dropout, causal, _mask, *, scale, **window):
    """What PyTorch says its kernel for CUDA computes, row by row: it has none for CPU."""
    before, after = window["window_size_left"], window["window_size_right"]
    assert (
        dropout == DROPPED
        and not causal
        and starts.dtype == torch.int32
        and longest == power_of_two(starts.diff().max())
    )
    found = []
    for first, end in itertools.pairwise(starts.tolist()):
        rows = [each[first:end].transpose(0, 1) for each in (query, key, value)]
        ahead = torch.arange(end - first) - torch.arange(end - first)[:, None]  # of each key, seen from each query
        seen = ((ahead >= -before) | (before < 0)) & ((ahead <= after) | (after < 0))
        found.append(scaled_dot_product_attention(*rows, attn_mask=seen, scale=scale).transpose(0, 1))
    tokens, heads, _size = query.shape
    unused = torch.zeros(2, dtype=torch.uint64)
    return torch.cat(found), query.new_zeros(heads, tokens), unused, unused, query.new_zeros(0)


@pytest.mark.parametrize(("sliding_window", "size"), [(None, 8), (3, 8), (None, 26)])
def test_cuda_is_asked_for_what_cpu_computes(sliding_window, size):
    torch.manual_seed(0)
    states = [torch.randn(1, 2, sum(LENGTHS) + NO_ROW, size) for _ in range(3)]
    about = {"lengths": LENGTHS, "bounds": bounds(LENGTHS)}
    expected, _ = attention(None, *states, None, scaling=0.5, sliding_window=sliding_window, **about)
    query, key, value = (each[0].transpose(0, 1) for each in states)
    with _scoped_library("aten", "IMPL") as kernels:
        kernels.impl("_flash_attention_forward", plainly, "CPU")
        found = _flash(*about.values(), Form(0.5, DROPPED, sliding_window), query, key, value)
    assert torch.allclose(found[:-NO_ROW], expected[0, :-NO_ROW], atol=1e-6)
    assert found.isfinite().all()  # also of no sequence: what is not a number would spoil the weights' gradients


class Asked(TorchDispatchMode):
    """The names of the kernels that are asked for."""

    def __torch_dispatch__(self, function, types, given=(), named=None):
        self.names = [*getattr(self, "names", []), function.name()]
        return function(*given, **named or {})


def asked_on_cuda(size: int, dropout: float = 0.0, dtype: torch.dtype = torch.bfloat16) -> set[str]:
    with Asked() as asked, torch.device("meta"):
        states = [torch.empty(1, 2, sum(LENGTHS) + NO_ROW, size, dtype=dtype) for _ in range(3)]
        about = {"lengths": LENGTHS, "bounds": torch.empty(len(LENGTHS) + 2, dtype=torch.int32)}
        found, _ = attention(None, *states, None, scaling=0.5, dropout=dropout, **about)
        assert found.shape == (1, sum(LENGTHS) + NO_ROW, 2, size)
    return set(asked.names)


@pytest.mark.parametrize(("size", "padded"), [(64, False), (26, True), (256, False)])
def test_sizes_of_a_head_that_the_cuda_kernel_does_not_know_are_padded(size, padded):
    names = asked_on_cuda(size, dropout=DROPPED)
    assert FLASH in names
    assert ("aten::constant_pad_nd" in names) == padded


@pytest.mark.parametrize(
    "case", [{"size": 264}, {"size": 64, "dtype": torch.float32}, {"size": 64, "dtype": torch.float16}]
)
def test_what_the_cuda_kernel_cannot_do_is_done_without_it(case):
    assert FLASH not in asked_on_cuda(**case)


def test_deterministic_training_never_uses_the_kernel_whose_gradients_come_in_any_order():
    torch.use_deterministic_algorithms(True)
    try:
        assert FLASH not in asked_on_cuda(64)
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("lengths, tokens, most", [((9, 8), 18, 16), ((16, 1), 32, 16), ((17,), 32, 32), ((1,), 2, 1)])
def test_what_no_sequence_is_longer_than_is_the_same_for_many_lengths(lengths, tokens, most):
    assert reach(lengths, tokens) == most


@pytest.mark.parametrize(
    "changes, flashing",
    [
        ({}, True),
        ({"attention_probs_dropout_prob": 0.1}, True),
        ({"hidden_size": 1032, "num_attention_heads": 4}, False),
    ],
)
def test_a_network_flashes_on_a_gpu_alone_with_heads_that_fit(changes, flashing):
    config = BertConfig(**{"attention_probs_dropout_prob": 0.0, "hidden_size": 64, "num_attention_heads": 2} | changes)
    assert flashes_in(SimpleNamespace(config=config, device=torch.device("cuda"))) is flashing
    assert not flashes_in(SimpleNamespace(config=config, device=torch.device("cpu")))

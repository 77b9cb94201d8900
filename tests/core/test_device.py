"""A device and a precision that this machine has."""

import torch

from core.device import device, has_bf16


def test_the_device_computes():
    assert torch.ones(2, device=device()).sum().item() == 2


def test_bf16_is_used_only_where_matrices_multiply_in_it():
    assert isinstance(has_bf16(), bool)
    if has_bf16():
        ones = torch.ones(4, 4, dtype=torch.bfloat16, device=device())
        assert (ones @ ones == 4).all()

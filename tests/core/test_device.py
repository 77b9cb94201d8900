"""A device and a precision that this machine has."""

from pathlib import Path

import pytest
import torch

from core.device import device, has_bf16

CPUINFO = Path("/proc/cpuinfo")


def test_the_device_computes():
    assert torch.ones(2, device=device()).sum().item() == 2


@pytest.mark.skipif(not CPUINFO.is_file() or device().type != "cpu", reason="no CPU under Linux")
def test_bf16_is_used_where_the_processor_says_that_it_multiplies_in_it():
    flags = CPUINFO.read_text(encoding="utf-8").split()
    assert has_bf16() == bool({"amx_bf16", "avx512_bf16"}.intersection(flags))
    if has_bf16():
        ones = torch.ones(4, 4, dtype=torch.bfloat16, device=device())
        assert (ones @ ones == 4).all()

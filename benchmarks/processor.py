"""What tells the machines apart on which speed is measured: the processor, or the accelerator."""

import os
import platform
import re
from pathlib import Path

import torch

from core.encoders.device import device, device_name

CPUINFO = Path("/proc/cpuinfo")  # Linux's


def central() -> str:
    """Return what the maker calls the processor."""
    told = CPUINFO.read_text(encoding="utf-8") if CPUINFO.is_file() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", told, re.MULTILINE)
    return model[1].strip() if model else platform.processor() or platform.machine()


def cores() -> str:
    """Return how many cores of which processor there are."""
    return f"{os.cpu_count()} cores ({central()})"


def bfloat16() -> str | None:
    """Return what the processor multiplies bfloat16 matrices with; None where it has nothing for that."""
    capabilities = torch.cpu.get_capabilities()
    return next((unit for unit in ("amx_bf16", "avx512_bf16") if capabilities.get(unit)), None)


def kind() -> str:
    """Return a file's name for machines of one speed: an accelerator's, or the widest unit that a processor has."""
    if device().type != "cpu":
        return re.sub(r"\W+", "_", device_name()).strip("_").lower()
    return bfloat16() or torch.backends.cpu.get_cpu_capability().lower()


def described() -> str:
    """Return the accelerator's name, or the processor's with what it multiplies bfloat16 with."""
    if device().type != "cpu":
        return device_name()
    return f"{central()} (bfloat16: {bfloat16() or 'none'})"

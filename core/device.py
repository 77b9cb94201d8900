"""What this machine computes on, in which precision, and how it keeps memory."""

import ctypes
import sys

import torch

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # mallopt(3)


def device() -> torch.device:
    """Return the accelerator where there is one, else the CPU."""
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return found or torch.device("cpu")


def has_bf16() -> bool:
    """Return whether this machine's device multiplies bfloat16 matrices in hardware."""
    if device().type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return device().type == "cpu" and bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def keep_memory() -> None:
    """Let this process keep the memory that it frees, where it is the C library of Linux that would give it back.

    A step frees what the next one asks for again, and fetching fresh pages takes a quarter of it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:  # musl has none
        mallopt(TRIM_THRESHOLD, 2**31 - 1)
        mallopt(MMAP_THRESHOLD, 2**25)  # the most that it takes

"""What this machine computes on, and in which precision."""

import torch


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

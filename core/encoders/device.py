"""What this machine computes on, in which precision, and how it keeps memory."""

import ctypes
import fcntl
import os
import sys
import tempfile
from pathlib import Path

import torch

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # mallopt(3)


def device() -> torch.device:
    """Return the accelerator where there is one, else the CPU."""
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    return accelerator or torch.device("cpu")


def has_bf16() -> bool:
    """Return whether this machine's device multiplies bfloat16 matrices in hardware."""
    if device().type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return device().type == "cpu" and bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))


def device_name() -> str:
    """Return the name of the accelerator, or cpu."""
    return str(torch.cuda.get_device_name()) if device().type == "cuda" else device().type


def precision() -> str:
    """Return what networks multiply in."""
    return "bfloat16" if has_bf16() else "float32"


def take_card(cards: int | None = None, folder: Path | None = None) -> int | None:
    """Keep this process to one of a machine's CUDA cards, and return its number: one that no other such process holds.

    Before CUDA starts. Where all are taken it is one by the process's number. None where there is no choice, or where
    the user has made it: CUDA_VISIBLE_DEVICES. The system gives the card back when the process ends, however it does.
    """
    cards = torch.cuda.device_count() if cards is None else cards
    if cards < 2 or "CUDA_VISIBLE_DEVICES" in os.environ:
        return None
    folder = folder or Path(tempfile.gettempdir()) / f"acclimate-cards-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    taken = next((card for card in range(cards) if _holds(folder / str(card))), os.getpid() % cards)
    os.environ["CUDA_VISIBLE_DEVICES"] = str(taken)
    return taken


def _holds(lock: Path) -> bool:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)  # open, and so held, until the process ends
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    return True


def be_deterministic() -> None:
    """Let a GPU compute the same bytes each time, with slower kernels. On CPU they are the same as it is."""
    if device().type != "cpu":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS starts
        torch.use_deterministic_algorithms(True)


def keep_memory() -> None:
    """Let this process keep the memory that it frees, where it is the C library of Linux that would give it back.

    A step frees what the next one asks for again, and fetching fresh pages takes a quarter of it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:  # musl has none
        mallopt(TRIM_THRESHOLD, 2**31 - 1)
        mallopt(MMAP_THRESHOLD, 2**25)  # the most that it takes

"""A CUDA device without CUDA: tensors that say they lie on it, and do, as far as mixing them with the CPU's goes.

PyTorch's own fake tensors know the device too, but without CUDA they pass no gradient back, and they hold no numbers.
These compute on the CPU what the device would, so that a whole training runs, and ends with weights to look at.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map, tree_map_only

from core.encoders.packed import padded_batches

DEVICE = torch.device("cuda", 0)


class Placed(torch.Tensor):
    """A tensor on the device. Its numbers lie in `held`, on the CPU, as far as PyTorch's core knows."""

    held: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl
    device = property(lambda self: DEVICE)
    is_cuda = property(lambda self: True)

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> Any:
        like = {"strides": held.stride(), "storage_offset": held.storage_offset(), "dtype": held.dtype}
        placed = torch.Tensor._make_wrapper_subclass(cls, held.shape, **like)
        placed.held = held
        return placed

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
        own, own_named = tree_map_only(cls, lambda each: each.held, (args, kwargs))
        if func is torch.ops.aten.copy_.default:
            func(*own, **own_named)
            return args[0]
        if not all(isinstance(each, cls) or each.dim() == 0 for each in given):
            raise RuntimeError(f"Expected all tensors to be on the same device, but {func} was given {DEVICE} and cpu")
        try:
            found = func(*own, **own_named)
        except NotImplementedError:  # a kernel for CUDA alone: as many zeros as it would return numbers
            with FakeTensorMode(allow_non_fake_inputs=True):
                found = func(*own, **own_named)
            found = tree_map_only(torch.Tensor, lambda each: torch.zeros(each.shape, dtype=each.dtype), found)
        return return_and_correct_aliasing(func, args, kwargs, tree_map_only(torch.Tensor, cls, found))


class FakeCuda(TorchFunctionMode):
    """While it is entered, what is made on the device or moved to it is Placed, and what is moved back no more."""

    def __enter__(self) -> Any:
        self.own, torch.nn.Module._apply = torch.nn.Module._apply, _moved
        return super().__enter__()

    def __exit__(self, *raised: Any) -> None:
        torch.nn.Module._apply = self.own
        super().__exit__(*raised)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.Tensor.pin_memory:
            return args[0]
        if func is torch.Tensor.storage and isinstance(args[0], Placed):
            return args[0].held.storage()
        if func is torch.Tensor.cpu:
            func, args = torch.Tensor.to, (args[0], torch.device("cpu"))
        wanted = next((each for each in map(_device, [*args, *kwargs.values()]) if each), None)
        if wanted is None or func in (torch.device, torch._C._nn._parse_to):
            return func(*args, **kwargs)
        args, kwargs = tree_map(lambda each: torch.device("cpu") if _device(each) else each, (args, kwargs))
        placed = wanted.type == "cuda"
        if func is torch.Tensor.to and isinstance(args[0], Placed) != placed:
            kept = args[0].held if isinstance(args[0], Placed) else args[0].detach()
            moved = func(kept, *args[1:], **kwargs)
            return Placed(moved) if placed else moved.clone()
        found = func(*args, **kwargs)
        return Placed(found) if placed and type(found) is torch.Tensor else found


def _device(given: Any) -> torch.device | None:
    if isinstance(given, str) and given.partition(":")[0] in ("cpu", "cuda"):
        return torch.device(given)
    return given if isinstance(given, torch.device) and given.type in ("cpu", "cuda") else None


def _moved(module: torch.nn.Module, move: Any, recurse: bool = True) -> torch.nn.Module:
    """Do what Module._apply does, but replace what changes its type, and leave alone what an optimizer may hold."""
    for child in module.children():
        _moved(child, move)
    for places in (module._parameters, module._buffers):
        for name, old in places.items():
            with torch.no_grad():
                new = old if old is None else move(old)
            if type(new) is not type(old):
                places[name] = torch.nn.Parameter(new, old.requires_grad) if places is module._parameters else new
    return module


@contextmanager
def cuda() -> Iterator[None]:
    """Let the project find the device, alone on this machine, and compute on it."""
    machine = {
        "cuda.is_available": True,
        "cuda.device_count": 1,
        "cuda.current_device": 0,
        "cuda.set_device": None,
        "cuda.is_bf16_supported": True,
        "cuda.manual_seed_all": None,
        "cuda.graph_pool_handle": (0, 0),
        "cuda.mem_get_info": (0, 1),  # no memory is free, so that no step is recorded
        "cuda.memory_reserved": 0,
        "cuda.max_memory_allocated": 1,
        "accelerator.is_available": True,
        "accelerator.device_count": 1,
        "accelerator.current_accelerator": DEVICE,
        "accelerator.current_stream": SimpleNamespace(is_capturing=lambda: False),
    }
    with pytest.MonkeyPatch.context() as patch, FakeCuda():
        # Under inference mode PyTorch lets no tensor stand for another.
        patch.setattr("torch.inference_mode", lambda mode=True: torch.no_grad() if mode else nullcontext())
        patch.setenv("ACCELERATE_TORCH_DEVICE", str(DEVICE))
        for name, value in machine.items():
            patch.setattr(f"torch.{name}", lambda *_, value=value, **__: value)
        _forget_devices()
        yield
    _forget_devices()


def _forget_devices() -> None:
    for state in (AcceleratorState, GradientState, PartialState):
        state._reset_state()
    padded_batches.layout.cache_clear()

"""Steps that a GPU repeats: forward and backward passes as one CUDA graph for each size that batches come in.

A step is more than a thousand kernels, and launching them one by one takes Python several times as long as a GPU takes
to run them, unless they are large.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.func import functional_call

from core.base.errors import UserError
from core.encoders.packed import attention

MOST = 2**15  # tokens: a larger batch keeps a GPU busy as it is
Batch = dict[str, Any]  # what a collator of packed rows gives, on the device


class Recorded(NamedTuple):
    """The passes of one size of batches."""

    graph: torch.cuda.CUDAGraph
    batch: Batch  # whose tensors it reads
    loss: torch.Tensor  # that it writes


class RecordedSteps:
    """The forward and backward passes of one network, recorded in graphs that share their memory."""

    def __init__(self, network: nn.Module, loss: Callable[[Batch], torch.Tensor]) -> None:
        """`loss` gives the loss of a batch, by kernels that depend on nothing but the shapes of its tensors."""
        self.step = Step(network, loss)
        self.trained = {name: weight for name, weight in self.step.named_parameters() if weight.requires_grad}
        self.gradients: dict[str, torch.Tensor] = {}  # of each trained weight, where every graph writes it
        self.memory = torch.cuda.graph_pool_handle()
        self.met: set[Any] = set()
        self.recorded: dict[Any, Recorded] = {}

    def run(self, batch: Batch) -> torch.Tensor | None:
        """Return a batch's loss, and give the weights their gradients; None where that is left to the caller.

        It is where a batch of such a size comes for the first time, after which its kernels are loaded, and where a
        recording would not pay or there is no memory for it. Raises UserError where it fails.
        """
        size = kind(batch)
        if size not in self.met or batch["input_ids"].numel() > MOST:
            self.met.add(size)
            return None
        if size not in self.recorded:
            if not has_room():
                return None
            self._record(size, batch)
        graph, own, loss = self.recorded[size]
        for name, tensor in tensors(batch).items():
            own[name].copy_(tensor, non_blocking=True)
        graph.replay()
        for name, gradient in self.gradients.items():
            self.trained[name].grad = gradient
        return loss.clone()

    def _record(self, size: Any, batch: Batch) -> None:
        try:
            self.recorded[size] = self._passes(batch)
        except torch.OutOfMemoryError as error:
            raise UserError(
                f"no memory is left to record a step of {batch['input_ids'].numel()} tokens as a CUDA graph: set a "
                "smaller finetuning.batch_size, or finetuning.deterministic: true, with which no step is recorded"
            ) from error
        except RuntimeError as error:  # which leaves the stream of random numbers waiting for the recording's end
            raise UserError(
                f"a step of {batch['input_ids'].numel()} tokens cannot be recorded as a CUDA graph: "
                f"{str(error).splitlines()[0]}. Set finetuning.deterministic: true, with which no step is recorded"
            ) from error

    def _passes(self, batch: Batch) -> Recorded:
        own = batch | {name: tensor.clone() for name, tensor in tensors(batch).items()}
        graph = torch.cuda.CUDAGraph()
        # Threads that copy the next batch must not end the recording.
        with torch.cuda.graph(graph, self.memory, capture_error_mode="thread_local"):
            loss, gradients = loss_and_gradients(self.step, self.trained, own)
            # Into one place, laid out as the weights are: what else a graph has written, the next one may write over.
            self.gradients = self.gradients or {name: torch.empty_like(self.trained[name]) for name in gradients}
            torch._foreach_copy_([self.gradients[name] for name in gradients], list(gradients.values()))
        return Recorded(graph, own, loss)


class Step(nn.Module):
    """A network and the loss of a batch, so that both are computed with other weights."""

    def __init__(self, network: nn.Module, loss: Callable[[Batch], torch.Tensor]) -> None:
        super().__init__()
        self.network, self.loss = network, loss

    def forward(self, batch: Batch) -> torch.Tensor:
        return self.loss(batch)


def loss_and_gradients(
    step: Step, trained: dict[str, torch.Tensor], batch: Batch
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return a batch's loss and, by name, the gradients of the trained weights that it depends on.

    The weights stand in for themselves: autograd would wait for the stream in which it met them first.
    """
    weights = {name: weight.detach().requires_grad_() for name, weight in trained.items()}
    loss = functional_call(step, weights, (dict(batch),))
    gradients = torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
    found = {name: gradient for name, gradient in zip(weights, gradients, strict=True) if gradient is not None}
    return loss.detach(), found


def tensors(batch: Batch) -> dict[str, torch.Tensor]:
    return {name: value for name, value in batch.items() if isinstance(value, torch.Tensor)}


def kind(batch: Batch) -> Any:
    """Return what two batches have in common for which the same kernels run."""
    shapes = tuple((name, tensor.shape) for name, tensor in tensors(batch).items())
    return attention.reach(batch["lengths"], batch["input_ids"].numel()), shapes


def has_room() -> bool:
    """Return whether the GPU could hold what training took so far twice: graphs keep theirs from other passes."""
    free, _ = torch.cuda.mem_get_info()
    return bool(free + torch.cuda.memory_reserved() > 2 * torch.cuda.max_memory_allocated())

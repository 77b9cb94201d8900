"""Dropout on CPU from a cheap random source, 16 bits a state: PyTorch's own takes twice as long there."""

from typing import Any

import torch
from torch import nn
from torch.nn.functional import dropout


def dropped(states: torch.Tensor, probability: float) -> torch.Tensor:
    """Return `states` with each one zeroed by chance, to 1/65536, and the others scaled to keep the mean."""
    if probability == 0:
        return states
    if states.device.type != "cpu":
        return dropout(states, probability)
    words = torch.empty((states.numel() + 3) // 4, dtype=torch.int64, device=states.device)
    numbers = words.random_(-(2**63), None).view(torch.int16)[: states.numel()].view(states.shape)
    kept = torch.empty_like(states, requires_grad=False)
    torch.ge(numbers, round(probability * 2**16) - 2**15, out=kept)  # six times as fast as a cast from bool
    return states * kept * (1 / (1 - probability))


class Dropout(nn.Dropout):
    """What nn.Dropout does, by `dropped`."""

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return dropped(states, self.p if self.training else 0)


def cheapen(network: Any) -> None:
    """Replace each nn.Dropout of a network."""
    for parent in network.modules():
        for name, child in parent.named_children():
            if type(child) is nn.Dropout:
                setattr(parent, name, Dropout(child.p).train(child.training))

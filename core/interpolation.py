"""The fine-tuned encoder drawn back towards the general one: what that knew is kept, what was learnt hardly fades."""

from typing import Any

import torch

Weights = dict[str, torch.Tensor]


def weights(network: Any) -> Weights:
    """Return a copy of a network's weights, by name."""
    return {name: weight.detach().clone() for name, weight in network.named_parameters()}


def draw_back(network: Any, general: Weights, share: float) -> None:
    """Leave `share` of the network's weights in place, and take the rest of each from the general ones.

    Wortsman et al., Robust fine-tuning of zero-shot models (CVPR 2022), section 3.
    """
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.lerp_(general[name], 1 - share)

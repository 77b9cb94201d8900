"""The fine-tuned encoder drawn back towards the general one: what that knew is kept, what was learnt hardly fades."""

from typing import Any

import torch

Weights = dict[str, torch.Tensor]


def weights(network: Any, method: str) -> Weights:
    """Return a copy of those weights of an encoder that a method lets be drawn back, by name: `full` all, `head` none.

    What `lora` adds is a product whose second factor starts at 0: drawn back alone, it gives what all would.
    """
    drawn = "" if method == "full" else ".lora_B."
    return {name: weight.detach().clone() for name, weight in network.named_parameters() if drawn in name}


def draw_back(network: Any, general: Weights, share: float) -> None:
    """Leave `share` of each weight that is among the general ones in place, and take the rest of it from them.

    The network may have been moved to another device since. Wortsman et al., Robust fine-tuning of zero-shot models
    (CVPR 2022), section 3.
    """
    with torch.no_grad():
        for name, weight in general.items():
            found = network.get_parameter(name)
            found.lerp_(weight.to(found.device), 1 - share)

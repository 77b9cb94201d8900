"""The fine-tuned encoder drawn back towards the general one: what that knew is kept, what was learnt hardly fades."""

from typing import Any

import torch

Weights = dict[str, torch.Tensor]


def weights(classifier: Any, method: str) -> Weights:
    """Return the weights that a method lets be drawn back, by name: `full` the encoder's, `head` none.

    They are copies in main memory, where they wait for the end of training. What the checkpoint lacks (a pooler) is not
    among them: there is nothing general to go back to. What `lora` adds is a product whose second factor starts at 0:
    drawn back alone, it gives what all would.
    """
    drawn, encoder = "" if method == "full" else ".lora_B.", f"{classifier.base_model_prefix}."
    return {
        name: weight.detach().to("cpu", copy=True)
        for name, weight in classifier.named_parameters()
        if name.startswith(encoder) and drawn in name and name not in classifier.new_weights
    }


def draw_back(classifier: Any, general: Weights, share: float) -> None:
    """Leave `share` of each weight that is among the general ones in place, and take the rest of it from them.

    The network may have been moved to another device since. Wortsman et al., Robust fine-tuning of zero-shot models
    (CVPR 2022), section 3.
    """
    with torch.no_grad():
        for name, weight in general.items():
            found = classifier.get_parameter(name)
            found.lerp_(weight.to(found.device), 1 - share)

"""For inference on CPU in bfloat16: weights laid out once as oneDNN's products read them, and GELU within the product.

Otherwise each product lays its weights out anew, and GELU reads and writes all that the product has just written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import nn
from transformers.activations import GELUActivation

from core.encoders.packed.packing import FAMILIES, halves

After = tuple[str, list[float], str]
PLAIN: After = ("none", [], "")
GELU: After = ("gelu", [], "none")  # what follows a product: the exact GELU


@contextmanager
def prepacked(network: Any) -> Iterator[dict[str, torch.Tensor]]:
    """Yield the weights in bfloat16 by which to call a packed network, which reads no others until the block ends."""
    weights = halves(network)
    if network.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        yield weights
        return
    linear = {name: part for name, part in network.named_modules() if f"{name}.weight" in weights and _is_linear(part)}
    fused = _activated(network)
    for name in linear:
        weights[f"{name}.weight"] = torch.ops.mkldnn._reorder_linear_weight(weights[f"{name}.weight"])
    replaced = {part: partial(_product, part, GELU if part in fused else PLAIN) for part in linear.values()}
    replaced |= dict.fromkeys(fused.values(), _same)
    for part, forward in replaced.items():
        part.forward = forward
    try:
        yield weights
    finally:
        for part in replaced:
            del part.forward  # the class's own again


def _is_linear(part: nn.Module) -> bool:
    return type(part) is nn.Linear


def _activated(network: Any) -> dict[nn.Module, nn.Module]:
    """Return the linear parts that exact GELU follows, and their GELU."""
    family = FAMILIES[network.config.model_type]
    if family.activated is None:
        return {}
    layers = network.base_model.get_submodule(family.layers)
    pairs = [tuple(map(layer.get_submodule, family.activated)) for layer in layers]
    return {linear: gelu for linear, gelu in pairs if _is_linear(linear) and _is_exact(gelu)}


def _is_exact(activation: nn.Module) -> bool:
    return isinstance(activation, GELUActivation) and activation.act is nn.functional.gelu


def _same(states: torch.Tensor) -> torch.Tensor:
    return states


def _product(linear: nn.Linear, after: After, states: torch.Tensor) -> torch.Tensor:
    product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(states, linear.weight, linear.bias, *after)
    return product

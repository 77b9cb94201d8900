"""Weights averaged over epochs: on rows that training lacks, better than those of any one epoch."""

from typing import Any

import torch
from transformers import TrainerCallback

Weights = dict[str, torch.Tensor]


class Averaging(TrainerCallback):
    """Each epoch's model, from epoch `start` on, as the mean of the weights at the ends of the epochs since `start`.

    It is what the Trainer scores and saves; training goes on from the last weights. Izmailov et al., Averaging Weights
    Leads to Wider Optima and Better Generalization (UAI 2018), section 3.
    """

    def __init__(self, start: int) -> None:
        self.start, self.epochs = start, 0
        self.own: Weights = {}
        self.mean: Weights = {}

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        if round(state.epoch) < self.start:
            return
        self.epochs += 1
        self.own = {name: weight.detach().clone() for name, weight in model.named_parameters() if weight.requires_grad}
        for name, weight in self.own.items():
            self.mean.setdefault(name, weight.clone()).lerp_(weight, 1 / self.epochs)
        _put(self.mean, model)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        _put(self.own, model)


def _put(weights: Weights, model: Any) -> None:
    with torch.no_grad():
        for name, weight in weights.items():
            model.get_parameter(name).copy_(weight)

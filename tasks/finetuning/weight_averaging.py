"""Averages of weights: over epochs, and of the fine-tuned encoder and the pretrained one (weight interpolation).

Weights are held in memory, beside the network, where it computes.
"""

from itertools import chain
from typing import Any

import torch
from transformers import TrainerCallback

from core.decision.decision import Decision
from core.decision.scoring import METRICS

Weights = dict[str, torch.Tensor]


def held(network: Any) -> Weights:
    """Return a copy of all that training changes, by name: the weights that are trained, and the buffers."""
    trained = ((name, weight) for name, weight in network.named_parameters() if weight.requires_grad)
    return {name: values.detach().clone() for name, values in chain(trained, network.named_buffers())}


def put(weights: Weights, network: Any) -> None:
    """Copy such weights into the network, to whatever device it has been moved since."""
    places = dict(chain(network.named_parameters(), network.named_buffers()))
    with torch.no_grad():
        for name, values in weights.items():
            places[name].copy_(values)


class Averaging(TrainerCallback):
    """Each epoch's model, from epoch `start` on, as the mean of the weights at the ends of the epochs since `start`.

    It is what is scored and kept; training goes on from the last weights. Izmailov et al., Averaging Weights Leads to
    Wider Optima and Better Generalization (UAI 2018), section 3.
    """

    def __init__(self, start: int) -> None:
        self.start, self.epochs = start, 0
        self.own: Weights = {}
        self.mean: Weights = {}

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        if round(state.epoch) < self.start:
            return
        self.epochs += 1
        self.own = held(model)
        for name, values in self.own.items():
            if values.is_floating_point():
                self.mean.setdefault(name, values.clone()).lerp_(values, 1 / self.epochs)
        put(self.mean, model)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        put(self.own, model)
        self.own = {}  # while steps need the memory


class BestEpoch(TrainerCallback):
    """The weights of the epoch of the best primary metric on validation, the first of equals; put back at the end.

    They stay in memory: what was scored never passes through a checkpoint, whose names for them may be others.
    """

    def __init__(self, decision: Decision) -> None:
        self.metric = METRICS[decision.primary]
        self.best: float | None = None
        self.weights: Weights = {}

    def on_evaluate(self, args: Any, state: Any, control: Any, model: Any, metrics: dict[str, float], **_: Any) -> None:
        primary = metrics["eval_primary"]
        if self.best is None or self.metric.best([self.best, primary]) == 1:
            self.best = primary
            self.weights = {}  # the last best ones make room
            self.weights = held(model)

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:
        put(self.weights, model)
        self.weights = {}


def pretrained_weights(classifier: Any, method: str) -> Weights:
    """Return the weights that are interpolated after training, by name: of `full` the encoder's, of `head` none.

    They are copies in main memory, where they wait for the end of training. What the checkpoint lacks (a pooler) is not
    among them: it has no pretrained value. What `lora` adds is a product whose second factor starts at 0:
    interpolated alone, it gives what all would.
    """
    which, encoder = "" if method == "full" else ".lora_B.", f"{classifier.base_model_prefix}."
    return {
        name: weight.detach().to("cpu", copy=True)
        for name, weight in classifier.named_parameters()
        if name.startswith(encoder) and which in name and name not in classifier.new_weights
    }


def interpolate(classifier: Any, pretrained: Weights, share: float) -> None:
    """Move each of these weights to `share` times itself + (1 - share) times its pretrained value: WiSE-FT.

    The network may have been moved to another device since. Wortsman et al., Robust fine-tuning of zero-shot models
    (CVPR 2022), section 3.
    """
    with torch.no_grad():
        for name, weight in pretrained.items():
            tuned = classifier.get_parameter(name)
            tuned.lerp_(weight.to(tuned.device), 1 - share)

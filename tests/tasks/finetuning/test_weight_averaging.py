"""Weights averaged over epochs, and training that goes on from the last ones."""

from types import SimpleNamespace

import torch

from tasks.finetuning.weight_averaging import Averaging


def epoch(averaging: Averaging, network: torch.nn.Module, number: int, learnt: float) -> float:
    """Return the weight that is scored after an epoch whose steps add what is learnt to it."""
    averaging.on_epoch_begin(None, None, None, model=network)
    network.weight.data += learnt
    averaging.on_epoch_end(None, SimpleNamespace(epoch=number + 1e-9), None, model=network)
    return network.weight.item()


def test_each_epoch_s_model_is_the_mean_since_the_first_averaged_and_steps_go_on_from_the_last_weights():
    network, averaging = torch.nn.Linear(1, 1, bias=False), Averaging(start=2)
    network.weight.data.zero_()
    assert [epoch(averaging, network, number, 4.0) for number in (1, 2, 3, 4)] == [4.0, 8.0, 10.0, 12.0]


def test_weights_that_are_not_trained_are_left_alone():
    network, averaging = torch.nn.Linear(1, 1, bias=False).requires_grad_(False), Averaging(start=1)
    network.weight.data.zero_()
    assert [epoch(averaging, network, number, 4.0) for number in (1, 2)] == [4.0, 8.0]

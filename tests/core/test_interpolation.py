"""An encoder drawn back towards the general one."""

import torch

from core import interpolation


def test_each_weight_lies_between_what_was_learnt_and_what_was_known():
    network = torch.nn.Linear(2, 1)
    network.weight.data = torch.tensor([[0.0, 10.0]])
    general = interpolation.weights(network, "full")
    network.weight.data += 10
    interpolation.draw_back(network, general, 0.7)
    assert torch.allclose(network.weight, torch.tensor([[7.0, 17.0]]))
    assert torch.equal(general["weight"], torch.tensor([[0.0, 10.0]]))


def test_with_all_of_it_the_fine_tuned_network_stays_to_the_bit():
    network = torch.nn.Linear(3, 3)
    general = interpolation.weights(network, "full")
    network.weight.data += torch.rand(3, 3)
    before = network.weight.clone()
    interpolation.draw_back(network, general, 1.0)
    assert torch.equal(network.weight, before)

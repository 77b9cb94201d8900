"""Dropout drops what it is told to, and keeps the mean."""

import pytest
import torch
from torch import nn

from core.encoders.packed.dropout import Dropout, cheapen, dropped


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_share_dropped_and_the_mean_are_those_asked_for(dtype):
    torch.manual_seed(0)
    states = dropped(torch.ones(1001, 999, dtype=dtype), 0.1).float()
    assert float((states == 0).float().mean()) == pytest.approx(0.1, abs=0.002)  # six standard errors
    assert float(states.mean()) == pytest.approx(1, abs=0.003)
    assert float((states[:, ::4] == 0).float().mean()) == pytest.approx(0.1, abs=0.004)  # each quarter of the words
    assert float((states[1:] * states[:-1] == 0).float().mean()) == pytest.approx(0.19, abs=0.004)  # independent rows


def test_gradients_pass_where_states_were_kept_and_nowhere_else():
    torch.manual_seed(0)
    states = torch.ones(1000, requires_grad=True)
    kept = dropped(states, 0.5)
    kept.sum().backward()
    assert states.grad is not None
    assert (states.grad == kept).all()
    assert set(kept.tolist()) == {0.0, 2.0}


def test_every_dropout_of_a_network_is_replaced_and_rests_in_evaluation():
    network = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.1))).eval()
    cheapen(network)
    assert [type(part) for part in network.modules()].count(Dropout) == 2
    assert (network[0](torch.ones(100)) == 1).all()
    assert (network.train()[0](torch.ones(100)) == 0).any()

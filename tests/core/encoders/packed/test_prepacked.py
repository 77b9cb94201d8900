"""Weights laid out once give what plain ones give, and leave the network as it was."""

from copy import deepcopy
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification, BertConfig, DistilBertConfig, ModernBertConfig

from core.encoders.packed import packing
from core.encoders.packed.prepacked import prepacked

SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
CONFIGS = {
    "bert": BertConfig(vocab_size=50, **SIZES),
    "bert with another activation": BertConfig(vocab_size=50, hidden_act="gelu_new", **SIZES),
    "distilbert": DistilBertConfig(vocab_size=50, dim=32, n_layers=2, n_heads=2, hidden_dim=64),
    "modernbert": ModernBertConfig(vocab_size=50, pad_token_id=0, **SIZES),
}
ROWS = [{"input_ids": [5] * length} for length in (9, 4, 3)]


def packed(name: str) -> Any:
    torch.manual_seed(0)
    # `pack` notes in a configuration that it has been here
    return packing.pack(AutoModelForSequenceClassification.from_config(deepcopy(CONFIGS[name])).eval())


@pytest.mark.parametrize("name", CONFIGS)
def test_a_packed_network_gives_the_same_within_bfloat16_and_then_computes_as_before(name):
    network = packed(name)
    batch = packing.collator(network)(ROWS)
    with torch.inference_mode():
        whole, plain = network(**batch).logits, packing.in_bfloat16(network, **batch).logits
        with prepacked(network) as weights:
            found = torch.func.functional_call(network, weights, kwargs=batch).logits
        assert torch.equal(network(**batch).logits, whole)
        assert torch.equal(packing.in_bfloat16(network, **batch).logits, plain)
    assert found.dtype == plain.dtype
    assert torch.allclose(found, plain, atol=0.01, rtol=0.02)
    assert not any("forward" in vars(part) for part in network.modules())


def test_each_product_is_onednns_own_and_gelu_is_within_it():
    network = packed("bert")
    batch = packing.collator(network)(ROWS)
    with torch.inference_mode(), torch.profiler.profile() as seen, prepacked(network) as weights:
        torch.func.functional_call(network, weights, kwargs=batch)
    calls = {event.key: event.count for event in seen.key_averages()}
    assert calls["mkldnn::_linear_pointwise"] == 2 * 6  # layers, and a layer's linear parts
    assert "aten::gelu" not in calls

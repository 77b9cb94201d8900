"""What a GPU is asked for, counted without one: no more kernels than the stock network's under autocast."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModelForSequenceClassification, BertConfig, ModernBertConfig

from core.encoders.packed import packing

LENGTHS = (40, 38, 36, 30)  # short texts, where launching a kernel takes longer than computing it
SIZES = {"hidden_size": 64, "num_hidden_layers": 6, "num_attention_heads": 2, "intermediate_size": 128}
CONFIGS = {
    "bert": BertConfig(vocab_size=50, attention_probs_dropout_prob=0.0, **SIZES),
    "modernbert": ModernBertConfig(vocab_size=50, pad_token_id=0, **SIZES),
}
NO_KERNEL = ("view", "reshape", "transpose", "aten::t", "slice", "select", "expand", "squeeze", "split", "unbind")
NO_KERNEL += ("detach", "alias", "aten::empty", "as_strided", "permute", "unsafe_view", "chunk", "lift_fresh")
NO_KERNEL += ("is_same_size", "unfold", "new_empty")


class Counted(TorchDispatchMode):
    """Counts what becomes a kernel, or several: views and memory alone become none."""

    def __init__(self) -> None:
        super().__init__()
        self.kernels, self.waits = 0, 0

    def __torch_dispatch__(self, function: Any, types: Any, given: Any = (), named: Any = None) -> Any:
        name = function.name()
        self.waits += name == "aten::_local_scalar_dense"
        if "_foreach" in name:  # at most 64 tensors, or 320 blocks of 2**16 numbers, in a launch
            blocks = sum(-(-each.numel() // 2**16) for each in given[0])
            self.kernels += max(-(-len(given[0]) // 64), -(-blocks // 320))
        elif name == "torch_attn::_varlen_attn":
            self.kernels += 2  # it also fills the state of a dropout that it does not have
        else:
            self.kernels += not any(part in name for part in NO_KERNEL)
        return function(*given, **named or {})


def counted(step: Any) -> Counted:
    with Counted() as count:
        step().loss.backward()
    return count


@pytest.mark.parametrize("name", CONFIGS)
def test_a_step_on_short_texts_asks_for_no_more_kernels_than_stock_autocast_and_never_waits(name):
    torch.manual_seed(0)
    rows = [{"input_ids": [5] * length, "labels": 0} for length in LENGTHS]
    network: nn.Module = AutoModelForSequenceClassification.from_config(CONFIGS[name]).train()
    ids = torch.full((len(LENGTHS), LENGTHS[0]), 5)
    mask = (torch.arange(LENGTHS[0]) < torch.tensor(LENGTHS)[:, None]).long()
    padded = {"input_ids": ids, "attention_mask": mask, "labels": torch.zeros(len(LENGTHS), dtype=torch.int64)}

    def stock() -> Any:
        with torch.autocast("cpu", torch.bfloat16):  # meta has none, and CUDA's fused kernel asks for more
            return network(**padded)

    expected = counted(stock)
    network.zero_grad()
    collate = packing.collator(packing.pack(network.to("meta")))
    batch = {key: each.to("meta") if isinstance(each, torch.Tensor) else each for key, each in collate(rows).items()}
    found = counted(lambda: packing.in_bfloat16(network, **batch))
    assert found.kernels <= expected.kernels
    assert found.waits == 0

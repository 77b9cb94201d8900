"""Hidden tokens cost what the model's own loss says, in whatever batches they pass."""

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForMaskedLM

from core.encoders.checkpoint import load_tokenizer
from tasks.forgetting import masked_loss
from tests.conftest import save_tokenizer

ROWS = [[2, 6, 7, 8, 9, 10, 3], [2, 11, 12, 3], *([2, *range(5, 25), 3] for _ in range(6))]


@pytest.fixture
def network_and_tokenizer(tmp_path):
    size = save_tokenizer(tmp_path) + 1
    tokenizer = load_tokenizer_with_mask(tmp_path)
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    return BertForMaskedLM(BertConfig(vocab_size=size, max_position_embeddings=32, **sizes)).eval(), tokenizer


def load_tokenizer_with_mask(folder):
    (folder / "config.json").write_text("{}")
    tokenizer = load_tokenizer(folder)
    tokenizer.add_special_tokens({"mask_token": "[MASK]"})
    return tokenizer


def test_the_losses_add_up_to_the_models_own(network_and_tokenizer, monkeypatch):
    network, tokenizer = network_and_tokenizer
    hidden = masked_loss.hide(ROWS, tokenizer, share=0.3, seed=1)
    with torch.no_grad():
        own = float(network(**hidden).loss)
    found = masked_loss.losses(network, network.bert, hidden)
    assert found[:, 0].sum() / found[:, 1].sum() == pytest.approx(own, abs=1e-5)
    monkeypatch.setattr(masked_loss, "TOKENS", 70)  # three rows at a time
    np.testing.assert_allclose(masked_loss.losses(network, network.bert, hidden), found, atol=1e-4)


def test_the_same_seed_hides_the_same_tokens_and_never_special_ones(network_and_tokenizer):
    _, tokenizer = network_and_tokenizer
    one, two, three = (masked_loss.hide(ROWS, tokenizer, 0.5, seed)["labels"] for seed in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, three)
    hidden = set(one[one != masked_loss.IGNORED].tolist())
    assert hidden and not hidden & {0, 2, 3}

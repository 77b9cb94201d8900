"""A network and what OpenVINO makes of it give the same logits, for batches of any size."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification

from core.encoders.checkpoint import load_tokenizer

pytest.importorskip("openvino", reason="`pip install '.[export]'`")

from tasks.export import openvino_model  # noqa: E402

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
LENGTHS = (3, 9, 1, 14, 7)


def test_rows_of_other_lengths_and_counts_than_those_it_was_made_with_get_the_networks_logits(encoders, tmp_path):
    tokenizer = load_tokenizer(Path(encoders["bert"]))
    torch.manual_seed(0)
    network = BertForSequenceClassification(BertConfig(vocab_size=len(tokenizer), **SIZES)).eval()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    rows = [{"input_ids": [5 + place % 7 for place in range(length)]} for length in LENGTHS]
    with torch.inference_mode():
        expected = [network(input_ids=torch.tensor([row["input_ids"]])).logits[0].tolist() for row in rows]
    model = openvino_model.convert(network, tokenizer, rows[:2])
    openvino_model.save(model, tmp_path / "model.xml")
    found = openvino_model.logits(openvino_model.compiled(tmp_path / "model.xml"), tokenizer, rows)
    np.testing.assert_allclose(found, expected, atol=0.05 * np.abs(expected).max())  # bfloat16, where there is one
    small = openvino_model.quantized(model, tokenizer, rows)
    openvino_model.save(small, tmp_path / "small.xml")
    found = openvino_model.logits(openvino_model.compiled(tmp_path / "small.xml"), tokenizer, rows)
    np.testing.assert_allclose(found, expected, atol=0.25 * np.abs(expected).max())
    assert (tmp_path / "small.bin").stat().st_size < (tmp_path / "model.bin").stat().st_size

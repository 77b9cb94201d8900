"""A model that cannot be fine-tuned here is refused in one line, before any work."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from core.base.errors import UserError
from tasks.tokenization import architecture
from tests.conftest import save_tokenizer
from tests.models import CONFIGS

POSITIONS = {
    "bert": 40,
    "distilbert": 40,
    "albert": 40,
    "roberta": 38,  # two fewer than its configuration says
    "xlm-roberta": 38,
    "mpnet": 38,
    "camembert": 38,
    "gpt2": 40,
    "modernbert": 40,
    "qwen2": 40,
    "deberta-v2": float("inf"),
    "xlnet": float("inf"),
}


@pytest.mark.parametrize("family", POSITIONS)
def test_a_model_reads_as_many_tokens_as_it_tells_the_places_of(family):
    network = AutoModelForSequenceClassification.from_config(CONFIGS[family]).eval()
    found = architecture.positions(network)
    assert found == POSITIONS[family]
    if found < float("inf"):
        rows = torch.full((1, int(found)), 5)
        assert network(input_ids=rows, attention_mask=torch.ones_like(rows)).logits.isfinite().all()


def refused(folder: Path, max_length: int = 16, **changed: object) -> str:
    from core.encoders.checkpoint import load_tokenizer

    tokenizer = load_tokenizer(folder)
    for name, value in changed.items():
        setattr(tokenizer, name, value)
    with pytest.raises(UserError) as caught:
        architecture.require(folder, "mine", tokenizer, max_length)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def saved(family: str) -> Path:
    folder = Path(family)
    CONFIGS[family].save_pretrained(folder)
    save_tokenizer(folder)
    return folder


def test_a_longer_row_than_the_model_reads_is_refused_though_its_tokenizer_knows_no_limit():
    # case 7
    said = refused(saved("roberta"), 64, model_max_length=int(1e30))
    assert "tokenization.max_length is 64: mine reads at most 38 tokens: lower it to 38" in said


def test_an_encoder_with_a_decoder_is_refused():
    assert "is an encoder with a decoder" in refused(saved("t5"))


def test_a_type_without_a_classification_head_is_refused():
    assert "no sequence-classification head for mine" in refused(saved("clip"))


def test_a_tokenizer_without_anything_to_pad_with_is_refused():
    folder = saved("gpt2")
    assert "no token to pad rows with" in refused(folder, pad_token=None)


def test_a_tokenizer_of_another_model_is_refused():
    CONFIGS["bert"].vocab_size = 50
    try:
        assert "weights 50: they are of different models" in refused(saved("bert"))
    finally:
        CONFIGS["bert"].vocab_size = 128


def test_a_configuration_that_makes_no_model_is_refused():
    folder = saved("bert")
    path = folder / "config.json"
    path.write_text(path.read_text().replace('"num_attention_heads": 2', '"num_attention_heads": 3'))
    assert "makes no model" in refused(folder)


def test_a_type_that_transformers_does_not_know_is_refused():
    folder = saved("bert")
    path = folder / "config.json"
    path.write_text(path.read_text().replace('"model_type": "bert"', '"model_type": "brand-new"'))
    assert "brand-new" in refused(folder)

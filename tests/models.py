"""Tiny random models of every kind that docs/models.md speaks of, saved as a hub would serve them."""

from pathlib import Path
from typing import Any

import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING

from core.encoders import checkpoint
from tests.conftest import WORDS

SIZES = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
SIZES |= {"vocab_size": 128, "pad_token_id": 1}
SHORT = {"max_position_embeddings": 40}
GROUPED = SIZES | SHORT | {"num_key_value_heads": 2, "head_dim": 8}
CONFIGS = {
    "bert": transformers.BertConfig(**SIZES, **SHORT),
    "roberta": transformers.RobertaConfig(**SIZES, **SHORT),
    "xlm-roberta": transformers.XLMRobertaConfig(**SIZES, **SHORT),
    "distilbert": transformers.DistilBertConfig(
        dim=16, n_layers=1, n_heads=2, hidden_dim=32, vocab_size=128, pad_token_id=1, **SHORT
    ),
    "albert": transformers.AlbertConfig(**SIZES, **SHORT, embedding_size=16),
    "electra": transformers.ElectraConfig(**SIZES, **SHORT, embedding_size=16),
    "mpnet": transformers.MPNetConfig(**SIZES, **SHORT),
    "deberta-v2": transformers.DebertaV2Config(
        **SIZES, **SHORT, relative_attention=True, position_biased_input=False, pos_att_type=["p2c", "c2p"]
    ),
    "camembert": transformers.CamembertConfig(**SIZES, **SHORT),
    "xlnet": transformers.XLNetConfig(d_model=16, n_layer=1, n_head=2, d_inner=32, vocab_size=128, pad_token_id=1),
    "modernbert": transformers.ModernBertConfig(**SIZES, **SHORT),
    "eurobert": transformers.EuroBertConfig(**GROUPED),
    "gpt2": transformers.GPT2Config(n_embd=16, n_layer=1, n_head=2, n_positions=40, vocab_size=128),
    "qwen2": transformers.Qwen2Config(**GROUPED | {"pad_token_id": None}),
    "t5": transformers.T5Config(d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, vocab_size=128),
    "clip": transformers.CLIPTextConfig(**SIZES, **SHORT),
}
DECODERS = ("gpt2", "qwen2")
SPECIALS = {
    name: f"[{name[:-6].upper()}]" for name in ("unk_token", "pad_token", "cls_token", "sep_token", "mask_token")
}


def save_tokenizer(folder: Path, decoder: bool, **named: Any) -> None:
    """Save a tokenizer of a few words and all letters: a decoder's names nothing but the token that ends a text."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    entries = [*SPECIALS.values(), *letters, *(f"##{letter}" for letter in letters), *WORDS.split()[2:]]
    tokenizer = Tokenizer(WordPiece({entry: n for n, entry in enumerate(entries)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    if not decoder:
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {"unk_token": "[UNK]", "eos_token": "[SEP]"} if decoder else SPECIALS
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names | named).save_pretrained(folder)


def save(family: str, folder: Path) -> None:
    """Save a model as it comes from pretraining, with its masked-language head where its kind has one."""
    transformers.set_seed(0)
    config = CONFIGS[family]
    kind = transformers.AutoModelForMaskedLM if type(config) in MODEL_FOR_MASKED_LM_MAPPING else transformers.AutoModel
    kind.from_config(config).save_pretrained(folder)
    save_tokenizer(folder, family in DECODERS, **({"padding_side": "left"} if family == "xlnet" else {}))


def shard(folder: Path) -> None:
    """Cut a saved BERT's weights into shards."""
    network = transformers.AutoModelForMaskedLM.from_pretrained(folder)
    (folder / checkpoint.WEIGHTS).unlink()
    network.save_pretrained(folder, max_shard_size="10KB")


def add_head(folder: Path) -> None:
    """Make a saved BERT a classifier of three classes."""
    transformers.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3).save_pretrained(folder)


def rename(folder: Path) -> None:
    """Give a saved BERT's normalisation the names of old checkpoints."""
    old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    weights = load_file(folder / checkpoint.WEIGHTS)
    for new, before in old.items():
        weights = {name.replace(new, before): weight for name, weight in weights.items()}
    assert any("gamma" in name for name in weights)
    save_file(weights, folder / checkpoint.WEIGHTS, {"format": "pt"})

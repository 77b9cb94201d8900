"""A tokenizer folder that does not name its special tokens gets those of its model's kind."""

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import AutoModelForSequenceClassification, pipeline

from core.encoders.checkpoint import load_tokenizer
from tasks.forgetting import masked_loss
from tasks.tokenization import subwords
from tests.models import CONFIGS

BERT = {"unk": "[UNK]", "pad": "[PAD]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
ROBERTA = {"unk": "<unk>", "pad": "<pad>", "cls": "<s>", "sep": "</s>", "mask": "<mask>"}
ALBERT = BERT | {"unk": "<unk>", "pad": "<pad>"}
XLNET = {"unk": "<unk>", "pad": "<pad>", "cls": "<cls>", "sep": "<sep>", "mask": "<mask>"}
KINDS = {"bert": BERT, "electra": BERT, "distilbert": BERT, "albert": ALBERT, "roberta": ROBERTA, "xlnet": XLNET}


def bare(family: str, specials: list[str]) -> Path:
    """Save a classifier and, as the hub's older folders have it, a tokenizer.json with next to no configuration."""
    folder = Path(family)
    AutoModelForSequenceClassification.from_config(CONFIGS[family]).save_pretrained(folder)
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys([*specials, *"abc"]))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=specials[0]))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True, "model_max_length": 512}))
    return folder


@pytest.mark.parametrize("family", KINDS)
def test_special_tokens_are_those_of_the_models_kind_and_the_published_model_can_batch(family):
    # case 4
    folder = bare(family, list(KINDS[family].values()))
    tokenizer = load_tokenizer(folder)
    assert {name: getattr(tokenizer, f"{name}_token") for name in KINDS[family]} == KINDS[family]
    if family == "xlnet":  # whose memories no pipeline of transformers can batch
        assert tokenizer.padding_side == "left"
        return
    tokenizer.save_pretrained(folder)
    published = pipeline("text-classification", str(folder))
    alone = [published(text)[0]["score"] for text in ("a", "b c")]
    assert [each["score"] for each in published(["a", "b c"], batch_size=2)] == pytest.approx(alone, abs=1e-6)


def test_unknown_words_are_counted_and_tokens_can_be_masked():
    tokenizer = load_tokenizer(bare("bert", list(BERT.values())))
    assert [word.unknown for word in next(subwords.Words(tokenizer).each(["a xyz"]))] == [False, True]
    hidden = masked_loss.hide([tokenizer("a b c a b c")["input_ids"]] * 4, tokenizer, 0.5, seed=1)
    assert (hidden["input_ids"] == tokenizer.mask_token_id).any()


def test_a_token_that_the_vocabulary_lacks_stays_unset():
    assert load_tokenizer(bare("bert", ["[UNK]", "[PAD]", "[CLS]", "[SEP]"])).mask_token is None


def test_decoders_pad_on_the_right_with_their_end_token():
    tokenizer = load_tokenizer(bare("gpt2", ["<|endoftext|>"]))
    assert tokenizer.pad_token == "<|endoftext|>"
    assert tokenizer.padding_side == "right"

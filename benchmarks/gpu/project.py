"""A project with nothing but what `tasks.finetuning` reads: a random encoder, and tokenized rows that can be learnt."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value, disable_progress_bars
from tokenizers import Tokenizer, models
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from core.base import paths
from core.base.files import sha256
from core.encoders.checkpoint import WEIGHTS
from tasks import params

ROOT = Path(__file__).parents[2]
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LABELS = ["routine", "urgent"]
FEW = len(SPECIAL) + 16  # entries, each seen often enough to be learnt
TELLING = 0.9  # share of a row's words that come from its label's half of the vocabulary
SHORTEST, CAP = 5, 512
ENCODER = paths.PRETRAINED_MODELS / "encoder"
SEED = 1


def tokenizer(size: int) -> Any:
    """Return a tokenizer of so many entries, made here: none is fetched."""
    words = [*SPECIAL, *(f"w{number}" for number in range(size - len(SPECIAL)))]
    known = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=known, model_max_length=CAP, mask_token="[MASK]", **names)


def rows(count: int, tokens: tuple[int, int], vocabulary: int, seed: int) -> Dataset:
    """Return random rows of about so many tokens (mean and deviation); most of their words tell their label."""
    source = random.Random(seed)
    lengths = [min(max(round(source.gauss(*tokens)), SHORTEST), CAP) for _ in range(count)]
    labels = [number % len(LABELS) for number in range(count)]
    ids = [row(source, length, label, vocabulary) for length, label in zip(lengths, labels, strict=True)]
    return dataset(ids, labels)


def row(source: random.Random, length: int, label: int, vocabulary: int) -> list[int]:
    half = (vocabulary - len(SPECIAL)) // 2
    halves = source.choices((label, 1 - label), (TELLING, 1 - TELLING), k=length - 2)
    words = [len(SPECIAL) + half * each + source.randrange(half) for each in halves]
    return [SPECIAL.index("[CLS]"), *words, SPECIAL.index("[SEP]")]


def dataset(ids: Sequence[list[int]], labels: Sequence[int]) -> Dataset:
    """Return the columns of data/tokenized that training reads."""
    names = [str(number) for number in range(len(ids))]
    columns = {"row_id": names, "group": names, "input_ids": ids, "length": [len(each) for each in ids]}
    kinds = {"row_id": Value("string"), "group": Value("string"), "input_ids": List(Value("int32"))}
    columns, kinds = (
        columns | {"labels": labels},
        kinds | {"length": Value("int32"), "labels": ClassLabel(names=LABELS)},
    )
    return Dataset.from_dict(columns, features=Features(kinds))


def save_encoder(config: dict[str, Any], folder: Path) -> None:
    """Save a random BERT of a named configuration with some values changed, and a tokenizer of its size."""
    torch.manual_seed(0)
    network = BertModel(BertConfig(**config))
    network.save_pretrained(folder)
    tokenizer(network.config.vocab_size).save_pretrained(folder)


def save_rows(count: int, tokens: tuple[int, int]) -> None:
    """Save tokenized rows of few words for training, and a quarter as many for validation."""
    disable_progress_bars()
    splits = {"train": rows(count, tokens, FEW, 1), "validation": rows(count // 4, tokens, FEW, 2)}
    DatasetDict(splits).save_to_disk(paths.TOKENIZED)


def parameters(encoder: Path, changes: dict[str, Any]) -> params.Params:
    """Return this project's parameters for a saved random encoder, with some values of finetuning changed."""
    chosen = params.load(ROOT / paths.PARAMS)
    own = {"name": str(encoder), "revision": None, "package": None, "sha256": sha256(encoder / WEIGHTS)}
    model = chosen.model.model_copy(update=own | {"pretrained_only": False})
    # Set whatever the user's own file says: these decide what is measured.
    settings = {"seeds": [SEED], "method": "full", "processes": 1, "attention_dropout": 0.0, "freeze_embeddings": True}
    settings |= {"head": "probed", "class_weights": "none", "deterministic": False}
    finetuning = chosen.finetuning.model_copy(update=settings | changes)
    return chosen.model_copy(update={"model": model, "finetuning": finetuning})


def write_parameters(changes: dict[str, Any]) -> None:
    """Write params.yaml into the current folder."""
    chosen = parameters(ENCODER, changes).model_dump()
    paths.PARAMS.write_text(json.dumps(chosen), encoding="utf-8")  # which is YAML too
    params.load()

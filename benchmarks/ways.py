"""What `benchmarks.speed` compares: ways to fine-tune and to predict generated texts, each a call that is timed."""

import random
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from datasets import ClassLabel, Dataset, Features, List, Value
from transformers import DataCollatorWithPadding, PrinterCallback, Trainer, pipeline

from benchmarks.trainers import (
    GROUPED,
    IN_BFLOAT16,
    Stock,
    our_trainer,
    silent_arguments,
    stock_network,
    stock_trainer,
    timed,
)
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.device import device
from core.encoders.inference import probabilities
from core.encoders.networks import load_classifier
from tasks import params
from tasks.export.__main__ import CALIBRATION
from tasks.tokenization.encoding import encode

BATCH = 16
CAP = 512
LABELS = ["a", "b"]
TEXTS = {"short": (23, 6, 192), "long": (291, 90, 32)}  # mean and deviation of the tokens, rows
TIMES = 4  # as many rows to predict as to train on, which takes that much longer
OURS = "ours"
# what the stock Trainer is given, or what ours changes of finetuning's parameters
TRAINING: dict[str, Stock | dict[str, Any]] = {
    "padded to the cap, float32": Stock("max_length", most=32),
    "padded to the longest, float32": Stock(),
    "grouped by length, bfloat16, no attention dropout": Stock(attention_dropout=0.0, arguments=IN_BFLOAT16 | GROUPED),
    "ours, attention dropout kept, all weights": {"attention_dropout": 0.1, "freeze_embeddings": False},
    "ours, all weights": {"attention_dropout": 0.0, "freeze_embeddings": False},
    OURS: {"attention_dropout": 0.0, "freeze_embeddings": True},
}
EXPORTED = ("exported, float.xml", "exported, int8.xml")  # what `make export` writes
INFERENCE = ("pipeline, one by one", "Trainer.evaluate", *(EXPORTED if find_spec("openvino") else ()), OURS)


def generated(kind: str, tokenizer: Any, count: int) -> list[str]:
    """Return texts of whole words, each of them one token."""
    mean, deviation, _ = TEXTS[kind]
    words = sorted(word for word in tokenizer.get_vocab() if word.isascii() and word.isalpha() and len(word) > 3)
    source = random.Random(0)
    lengths = [min(max(int(source.gauss(mean, deviation)), 5), CAP) - 2 for _ in range(count)]
    return [" ".join(source.choices(words, k=length)) for length in lengths]


def training(way: str, kind: str) -> Callable[[int], float]:
    """Return what trains on so many rows, once each, and returns how many of them a second."""
    given, chosen = TRAINING[way], params.load()
    folder = locate(chosen.model)
    tokenizer = load_tokenizer(folder)
    ids = encode([generated(kind, tokenizer, TEXTS[kind][2])], tokenizer, CAP).input_ids
    columns = {"input_ids": ids, "labels": [number % len(LABELS) for number in range(len(ids))]}
    kinds = {"input_ids": List(Value("int32")), "labels": ClassLabel(names=LABELS)}
    rows = Dataset.from_dict(columns, features=Features(kinds))

    def once(count: int) -> float:
        if isinstance(given, Stock):
            count = min(count, given.most or count)
            network = stock_network(folder, LABELS, 0, given.attention_dropout)
            trainer = stock_trainer(given, network, tokenizer, rows.select(range(count)), BATCH, CAP)
        else:
            trainer = our_trainer(chosen, given, rows.select(range(count)), BATCH)
        return count / timed(trainer)

    return once


def inference(way: str, kind: str) -> Callable[[int], float]:
    """Return what tokenizes and predicts TIMES so many rows and returns how many of them a second."""
    model = params.load().model
    folder = locate(model)
    tokenizer = load_tokenizer(folder)
    # Stock: transformers' own classifier of texts, where ours may pool the mean of its tokens.
    project = way in (OURS, *EXPORTED)
    network = load_classifier(model, LABELS, 0) if project else stock_network(folder, LABELS, 0, None)
    every = generated(kind, tokenizer, TIMES * TEXTS[kind][2])
    answer = exported(way, network, tokenizer, every) if way in EXPORTED else None

    def predict(texts: list[str]) -> None:
        if answer is not None:
            answer(tokenized(tokenizer, texts))
        elif way == OURS:
            probabilities(network, tokenizer, tokenized(tokenizer, texts))
        elif way == "Trainer.evaluate":
            rows = Dataset.from_dict(
                {"input_ids": encode([texts], tokenizer, CAP).input_ids, "labels": [0] * len(texts)}
            )
            trainer = Trainer(
                network, silent_arguments(BATCH), DataCollatorWithPadding(tokenizer), processing_class=tokenizer
            )
            trainer.remove_callback(PrinterCallback)
            trainer.evaluate(rows)
        else:
            classify = pipeline("text-classification", model=network, tokenizer=tokenizer, device=device())
            for text in texts:
                classify(text, truncation=True, max_length=CAP)

    def once(count: int) -> float:
        started = time.perf_counter()
        predict(every[: TIMES * count])
        return TIMES * count / (time.perf_counter() - started)

    return once


def tokenized(tokenizer: Any, texts: list[str]) -> list[dict[str, Any]]:
    return [{"input_ids": ids} for ids in encode([texts], tokenizer, CAP).input_ids]


def exported(way: str, network: Any, tokenizer: Any, texts: list[str]) -> Callable[[list[dict[str, Any]]], Any]:
    """Return what answers rows by one of the files that `make export` would write of the network."""
    from tasks.export import openvino_model  # packages that not every machine has

    rows = tokenized(tokenizer, texts)
    model = openvino_model.convert(network, tokenizer, rows)
    if way.endswith("int8.xml"):
        model = openvino_model.quantized(model, tokenizer, rows[:CALIBRATION])
    with TemporaryDirectory() as folder:
        file = Path(folder, "model.xml")
        openvino_model.save(model, file)
        return partial(openvino_model.logits, openvino_model.compiled(file), tokenizer)

"""What `benchmarks.speed` compares: ways to fine-tune and to predict generated texts, each a call that is timed."""

import random
import tempfile
import time
from collections.abc import Callable
from typing import Any

from datasets import Dataset
from transformers import (
    DataCollatorWithPadding,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    pipeline,
)

from core import packing, params
from core.checkpoint import load_tokenizer, locate
from core.device import device, has_bf16
from core.encoder import load_classifier
from core.inference import probabilities
from core.trainer import PackedTrainer
from tasks.tokenization import encode

BATCH = 16
CAP = 512
TEXTS = {"short": (23, 6, 192), "long": (291, 90, 32)}  # mean and deviation of the tokens, rows
TIMES = 4  # as many rows to predict as to train on, which takes that much longer
OURS = "ours"
# dropout in attention, where None is the model's own, 0.1; the most rows of a round, each of which takes as long
TRAINING: dict[str, dict[str, Any]] = {
    "padded to the cap, float32": {"trainer": Trainer, "padding": "max_length", "dropout": None, "most": 32},
    "padded to the longest, float32": {"trainer": Trainer, "padding": True, "dropout": None},
    "grouped by length, bfloat16, no attention dropout": {
        "trainer": Trainer,
        "padding": True,
        "dropout": 0.0,
        "arguments": {"train_sampling_strategy": "group_by_length", "bf16": has_bf16()},
    },
    "ours, attention dropout kept, all weights": {"trainer": PackedTrainer, "dropout": None},
    "ours, all weights": {"trainer": PackedTrainer, "dropout": 0.0},
    OURS: {"trainer": PackedTrainer, "dropout": 0.0, "freeze": True},
}
INFERENCE = ("pipeline, one by one", "Trainer.evaluate", OURS)


def generated(kind: str, tokenizer: Any, count: int) -> list[str]:
    """Return texts of whole words, each of them one token."""
    mean, deviation, _ = TEXTS[kind]
    words = sorted(word for word in tokenizer.get_vocab() if word.isascii() and word.isalpha() and len(word) > 3)
    source = random.Random(0)
    lengths = [min(max(int(source.gauss(mean, deviation)), 5), CAP) - 2 for _ in range(count)]
    return [" ".join(source.choices(words, k=length)) for length in lengths]


class Stopwatch(TrainerCallback):
    """The seconds of the training loop, without what precedes and follows it."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.started = time.perf_counter()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.seconds = time.perf_counter() - self.started


def training(way: str, kind: str) -> Callable[[int], float]:
    """Return what trains on so many rows, once each, and returns how many of them a second."""
    chosen, tokenizer = TRAINING[way], load_tokenizer(locate(params.load().model))
    network = load_classifier(params.load().model, ["a", "b"], 0, chosen["dropout"])
    network.get_input_embeddings().requires_grad_("freeze" not in chosen)
    ids = encode([generated(kind, tokenizer, TEXTS[kind][2])], tokenizer, CAP)["input_ids"]
    rows = Dataset.from_dict({"input_ids": ids, "labels": [number % 2 for number in range(len(ids))]})
    packed = chosen["trainer"] is PackedTrainer
    if packed:
        collator = packing.collator(packing.pack(network))
    else:
        longest = CAP if chosen["padding"] == "max_length" else None
        collator = DataCollatorWithPadding(tokenizer, chosen["padding"], longest)

    def once(count: int) -> float:
        count = min(count, chosen.get("most", count))
        watch, settings = Stopwatch(), arguments(chosen.get("arguments", {}))
        trainer = chosen["trainer"](network, settings, collator, rows.select(range(count)), processing_class=tokenizer)
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(watch)
        trainer.train()
        return count / watch.seconds

    return once


def arguments(others: dict[str, Any]) -> TrainingArguments:
    """Return the Trainer's settings, which save and log nothing."""
    silent: dict[str, Any] = {
        "report_to": "none",
        "disable_tqdm": True,
        "save_strategy": "no",
        "logging_strategy": "no",
    }
    return TrainingArguments(
        output_dir=tempfile.gettempdir(),
        num_train_epochs=1,
        per_device_train_batch_size=BATCH,
        per_device_eval_batch_size=BATCH,
        use_cpu=device().type == "cpu",
        dataloader_pin_memory=False,
        **silent,
        **others,
    )


def inference(way: str, kind: str) -> Callable[[int], float]:
    """Return what tokenizes and predicts TIMES so many rows and returns how many of them a second."""
    tokenizer = load_tokenizer(locate(params.load().model))
    network = load_classifier(params.load().model, ["a", "b"], 0)
    classify = pipeline("text-classification", model=network, tokenizer=tokenizer, device=device())
    every = generated(kind, tokenizer, TIMES * TEXTS[kind][2])

    def predict(texts: list[str]) -> None:
        if way == OURS:
            probabilities(
                network, tokenizer, [{"input_ids": ids} for ids in encode([texts], tokenizer, CAP)["input_ids"]]
            )
        elif way == "Trainer.evaluate":
            rows = Dataset.from_dict(
                {"input_ids": encode([texts], tokenizer, CAP)["input_ids"], "labels": [0] * len(texts)}
            )
            trainer = Trainer(network, arguments({}), DataCollatorWithPadding(tokenizer), processing_class=tokenizer)
            trainer.remove_callback(PrinterCallback)
            trainer.evaluate(rows)
        else:
            for text in texts:
                classify(text, truncation=True, max_length=CAP)

    def once(count: int) -> float:
        started = time.perf_counter()
        predict(every[: TIMES * count])
        return TIMES * count / (time.perf_counter() - started)

    return once

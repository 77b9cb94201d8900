"""What benchmarks compare: this project's own trainer, and a stock one of transformers' parts, with none of ours."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from datasets import Dataset
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    DataCollatorWithPadding,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from core.encoders.device import device, has_bf16
from tasks import params
from tasks.finetuning.training import trainer_of

SILENT: dict[str, Any] = {
    "report_to": "none",
    "disable_tqdm": True,
    "save_strategy": "no",
    "logging_strategy": "no",
}


class Stock(NamedTuple):
    """A way to train with the stock Trainer: what it is given beyond its defaults."""

    padding: bool | str = True  # to the longest of the batch, or "max_length"
    attention_dropout: float | None = None  # None: the model's own
    arguments: dict[str, Any] = {}  # noqa: RUF012 - never changed
    most: int | None = None  # rows of a round, where each takes long


GROUPED: dict[str, Any] = {"train_sampling_strategy": "group_by_length"}
IN_BFLOAT16: dict[str, Any] = {"bf16": has_bf16()}


def stock_network(folder: Path, labels: Sequence[str], seed: int, attention_dropout: float | None = None) -> Any:
    """Return transformers' own classifier on the encoder of a folder, its head drawn from the seed, in float32."""
    names = dict(enumerate(labels))
    config = AutoConfig.from_pretrained(folder, id2label=names, label2id={name: id for id, name in names.items()})
    for name in ("attention_probs_dropout_prob", "attention_dropout"):
        if attention_dropout is not None and hasattr(config, name):
            setattr(config, name, attention_dropout)
    set_seed(seed)
    return AutoModelForSequenceClassification.from_pretrained(folder, config=config, dtype=torch.float32)


def stock_trainer(
    way: Stock, network: Any, tokenizer: Any, rows: Dataset, batch: int, longest: int | None = None
) -> Trainer:
    """Return the stock Trainer of one epoch, which saves and logs nothing; `longest` is what "max_length" pads to."""
    settings = silent_arguments(batch, **way.arguments)
    collate = DataCollatorWithPadding(tokenizer, way.padding, longest if way.padding == "max_length" else None)
    trainer = Trainer(network, settings, collate, rows, processing_class=tokenizer)
    trainer.remove_callback(PrinterCallback)
    return trainer


def silent_arguments(batch: int, **others: Any) -> TrainingArguments:
    """Return the Trainer's settings for one epoch, which save and log nothing."""
    return TrainingArguments(
        output_dir=tempfile.gettempdir(),
        num_train_epochs=1,
        per_device_train_batch_size=batch,
        per_device_eval_batch_size=batch,
        use_cpu=device().type == "cpu",
        dataloader_pin_memory=device().type != "cpu",
        **SILENT | others,
    )


def our_trainer(chosen: params.Params, changes: dict[str, Any], rows: Dataset, batch: int) -> Trainer:
    """Return what `tasks.finetuning` would train one epoch with, in batches of so many rows."""
    own = {"method": "full", "batch_size": batch, "processes": 1, "epochs": 1, "average_from": 1, "head": "random"}
    section = chosen.finetuning.model_copy(update=own | changes)
    # Rows that a benchmark draws have other classes than params.yaml may name.
    chosen_by = chosen.evaluation.model_copy(update={"primary": "balanced_accuracy", "positive": None, "cost": None})
    return trainer_of(chosen.model, section, chosen_by, 0, rows, rows.select(range(2)), Path(tempfile.gettempdir()))


class Stopwatch(TrainerCallback):
    """The seconds of an epoch's steps; what would follow them, an evaluation, is left out."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        synchronize()
        self.started = time.perf_counter()

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        synchronize()
        self.seconds = time.perf_counter() - self.started
        control.should_evaluate = control.should_log = False


def synchronize() -> None:
    """Wait for what the device was given: a GPU computes on while Python goes on."""
    if device().type != "cpu":
        torch.accelerator.synchronize()


def timed(trainer: Trainer) -> float:
    """Train one epoch and return its seconds."""
    watch = Stopwatch()
    trainer.add_callback(watch)  # last: it counts what other callbacks do at an epoch's end
    try:
        trainer.train()
    finally:
        trainer.remove_callback(watch)
    return watch.seconds

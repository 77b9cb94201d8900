"""How fast a base model trains here, beside the stock Trainer: at one batch for all, and at the best batch of each."""

import contextlib
import gc
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from accelerate.utils.memory import should_reduce_batch_size
from datasets import Dataset
from transformers import Trainer

from benchmarks.gpu import project
from benchmarks.gpu.findings import LEFT_OUT, MEASURED, Line, Part, late
from benchmarks.gpu.sizes import Sizes
from benchmarks.peak import operations, peak
from benchmarks.trainers import GROUPED, IN_BFLOAT16, Stock, our_trainer, stock_network, stock_trainer, timed
from core.encoders.checkpoint import load_tokenizer
from core.encoders.device import device

ROUNDS = 3
STEPS = 4  # of a measurement, at least
GAIN = 1.03  # a larger batch is better if it is so many times as fast
WAYS: dict[str, Stock | dict[str, Any]] = {
    "ours": {},
    "ours, all weights, dropout in attention": {"attention_dropout": 0.1, "freeze_embeddings": False},
    "stock, padded to the longest": Stock(arguments=IN_BFLOAT16),
    "stock, grouped by length": Stock(arguments=IN_BFLOAT16 | GROUPED),
}


class Measured(NamedTuple):
    """What a way did at a batch; rates are per second."""

    batch: int
    rows: float
    tokens: float
    operations: float
    gigabytes: float | None  # the most that tensors took; None on a CPU


class Way:
    """A trainer that is asked again and again; what it has on the device is taken away between."""

    def __init__(self, name: str, encoder: Path, rows: Dataset, batch: int) -> None:
        way = WAYS[name]
        self.rows, self.rate = rows, 0.0
        self.lengths = list(rows["length"])
        if isinstance(way, Stock):
            network = stock_network(encoder, project.LABELS, 0, way.attention_dropout)
            self.trainer: Trainer = stock_trainer(way, network, load_tokenizer(encoder), rows, batch)
        else:
            self.trainer = our_trainer(project.parameters(encoder, {}), way, rows, batch)
        self.leave()

    def measure(self, batch: int, seconds: float) -> Measured:
        """Train for about so many seconds. Raises what the device raises where a batch is too much."""
        count = min(max(STEPS * batch, round(self.rate * seconds)) // batch * batch, len(self.rows))
        trainer = self.trainer
        trainer.args.per_device_train_batch_size = batch
        trainer.train_dataset = self.rows.select(range(count))
        trainer.model.to(trainer.args.device)
        if device().type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        try:
            taken = timed(trainer)
            gigabytes = torch.cuda.max_memory_allocated() / 1e9 if device().type == "cuda" else None
        finally:
            self.leave()
        self.rate = count / taken
        lengths = self.lengths[:count]
        done = operations(trainer.model.base_model, lengths) / taken
        return Measured(batch, self.rate, sum(lengths) / taken, done, gigabytes)

    def leave(self) -> None:
        """Take network, gradients and the optimizer's state from the device."""
        self.trainer.accelerator.free_memory()
        self.trainer.optimizer = self.trainer.lr_scheduler = None
        self.trainer.model.zero_grad(set_to_none=True)
        self.trainer.model.to("cpu")
        gc.collect()
        if device().type == "cuda":
            torch.cuda.empty_cache()


def at_one_batch(ways: dict[str, Way], sizes: Sizes, deadline: float) -> dict[str, Measured]:
    """Return the median of several rounds of each way, the ways in turn."""
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):  # the first warms up, and says how many rows fill a measurement
        for name, way in ways.items():
            if turn < 2 or not late(deadline):
                found[name].append(way.measure(sizes.batch, sizes.seconds))
    return {name: median(each[1:]) for name, each in found.items()}


def median(measured: list[Measured]) -> Measured:
    middle = statistics.median_low(each.rows for each in measured)
    return next(each for each in measured if each.rows == middle)


def at_best_batch(
    ways: dict[str, Way], start: dict[str, Measured], sizes: Sizes, deadline: float
) -> dict[str, tuple[Measured, str]]:
    """Return each way's fastest batch and why no larger one was tried; batches double, the ways in turn."""
    best = {name: (measured, "") for name, measured in start.items()}
    batch = 2 * sizes.batch
    while batch <= sizes.largest:
        for name in [each for each, (_, why) in best.items() if not why]:
            fastest, _ = best[name]
            found, why = tried(ways[name], batch, sizes.seconds, deadline)
            if found and found.rows > fastest.rows:
                why = why or ("" if found.rows > GAIN * fastest.rows else f"{batch} hardly faster")
                fastest = found
            elif found:
                why = f"{batch} no faster"
            best[name] = (fastest, why)
        batch *= 2
    return {name: (fastest, why or f"{sizes.largest} is the largest tried") for name, (fastest, why) in best.items()}


def tried(way: Way, batch: int, seconds: float, deadline: float) -> tuple[Measured | None, str]:
    """Return what a way does at a batch; None and why, where time or memory is out."""
    if late(deadline):
        return None, f"{batch}: no time"
    try:
        return way.measure(batch, seconds), ""
    except RuntimeError as error:
        if not should_reduce_batch_size(error):
            raise
        return None, f"{batch} out of memory"


def lines(sizes: Sizes, deadline: float) -> Iterator[Line]:
    best = peak(sizes.products)
    yield Line(["matrix products alone", "", "", "", "", f"{best / 1e12:.3g} TFLOP/s", "", ""], MEASURED)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        encoder = project.ENCODER
        project.save_encoder(sizes.encoder_for_speed, encoder)
        vocabulary = load_tokenizer(encoder).vocab_size
        for left, (kind, tokens) in zip(range(len(sizes.texts), 0, -1), sizes.texts.items(), strict=True):
            end = time.monotonic() + (deadline - time.monotonic()) / left
            if late(end):
                yield Line([kind], LEFT_OUT)
                continue
            rows = project.rows(STEPS * sizes.largest, tokens, vocabulary, 1)
            ways = {name: Way(name, encoder, rows, sizes.batch) for name in WAYS}
            same = at_one_batch(ways, sizes, end)
            yield from (told(kind, name, each, best, "the same for all") for name, each in same.items())
            found = at_best_batch(ways, same, sizes, end)
            yield from (told(kind, name, each, best, f"best: {why}") for name, (each, why) in found.items())


def told(kind: str, name: str, found: Measured, best: float, why: str) -> Line:
    memory = "-" if found.gigabytes is None else f"{found.gigabytes:.2f}"
    rates = [f"{found.rows:.1f}", f"{found.tokens:.0f}", f"{found.operations / best:.3f}", memory]
    return Line([kind, name, str(found.batch), *rates, why], MEASURED)


SPEED = Part(
    "Speed of training",
    "BERT-base of random weights; ours by `tasks.finetuning` with params.yaml's recipe, its word embeddings frozen and "
    "without dropout in attention where nothing else is said, stock the Trainer in bfloat16 with all weights trained "
    "and the model's own dropout. Ways in turn, medians. Shares of the peak count what the whole network takes without "
    "padding, while ours skips most of its last layer.",
    ["texts", "way", "batch", "rows/s", "tokens/s", "share of the peak", "GB", "batch is"],
    130,
    lines,
)

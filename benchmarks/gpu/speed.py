"""How fast a base model trains here, beside the stock Trainer: at one batch for all, and at the best batch of each."""

import contextlib
import gc
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import torch
from accelerate.utils.memory import should_reduce_batch_size
from datasets import Dataset
from transformers import Trainer, TrainerCallback

from benchmarks.gpu import project
from benchmarks.gpu.findings import LEFT_OUT, MEASURED, Line, Part, late
from benchmarks.gpu.sizes import Sizes
from benchmarks.peak import operations, peak
from benchmarks.trainers import GROUPED, IN_BFLOAT16, Stock, our_trainer, stock_network, stock_trainer, synchronize
from core.encoders.checkpoint import load_tokenizer
from core.encoders.device import device

ROUNDS = 2  # at the first batch
STEPS = 24  # of a measurement, at least
FIRST = 4  # of them, which do not count
GAIN = 1.03  # a larger batch is better if it is so many times as fast
WAYS: dict[str, Stock | dict[str, Any]] = {
    "ours": {},
    "ours, all weights": {"freeze_embeddings": False},
    "ours, all weights, dropout in attention": {"attention_dropout": 0.1, "freeze_embeddings": False},
    "stock, padded to the longest": Stock(arguments=IN_BFLOAT16),
    "stock, grouped by length": Stock(arguments=IN_BFLOAT16 | GROUPED),
}


class Measured(NamedTuple):
    """What a way did at a batch; rates are per second, of the median step."""

    batch: int
    rows: float
    tokens: float
    operations: float
    gigabytes: float | None  # the most that was taken of the card, for tensors or to be at hand; None on a CPU
    beyond: float  # seconds that all steps took beyond as many median ones
    end: float  # seconds of what follows an epoch's last step, but for an evaluation


class Steps(TrainerCallback):
    """Marks the steps of an epoch as the device comes by, without waiting for it."""

    def __init__(self) -> None:
        self.marks: list[Any] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.marks.append(mark())

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.marks.append(mark())

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.marks.append(mark())  # the last callback: it counts what others do
        control.should_evaluate = control.should_log = False

    def seconds(self) -> list[float]:
        """Return how long each step took, and last what followed them."""
        synchronize()
        return [between(*pair) for pair in pairwise(self.marks)]


def mark() -> Any:
    if device().type != "cuda":
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def between(start: Any, end: Any) -> float:
    return float(end - start if isinstance(start, float) else start.elapsed_time(end) / 1000)


class Way:
    """A trainer that is asked again and again; between, nothing but its network stays on the device."""

    def __init__(self, way: Stock | dict[str, Any], encoder: Path, rows: Dataset, batch: int) -> None:
        self.rows = rows
        if isinstance(way, Stock):
            network = stock_network(encoder, project.LABELS, 0, way.attention_dropout)
            self.trainer: Trainer = stock_trainer(way, network, load_tokenizer(encoder), rows, batch)
        else:
            self.trainer = our_trainer(project.parameters(encoder, {}), way, rows, batch)

    def measure(self, batch: int, steps: int) -> Measured:
        """Train so many steps, the same rows in the same order each time. Raises RuntimeError where memory ends."""
        trainer, watch = self.trainer, Steps()
        # The Trainer reads the second, and took it from the first when it was made.
        trainer.args.per_device_train_batch_size = trainer._train_batch_size = batch
        trainer.train_dataset = self.rows.select(range(steps * batch))
        others = reset_memory() - sum(weight.nbytes for weight in trainer.model.parameters())
        trainer.add_callback(watch)
        torch.manual_seed(0)
        try:
            trainer.train()
            gigabytes = (torch.cuda.max_memory_reserved() - others) / 1e9 if device().type == "cuda" else None
        finally:
            trainer.remove_callback(watch)
            self.leave()
        *each, end = watch.seconds()
        assert len(each) == steps, f"{len(each)} steps of {batch} rows, not {steps}"
        median = statistics.median(each[FIRST:])
        lengths = trainer.train_dataset["length"]
        totals = len(lengths), sum(lengths), operations(trainer.model.base_model, lengths)
        rows, tokens, done = (total / steps / median for total in totals)
        return Measured(batch, rows, tokens, done, gigabytes, sum(each) - steps * median, end)

    def leave(self) -> None:
        """Take gradients and the optimizer's state from the device."""
        self.trainer.accelerator.free_memory()
        self.trainer.optimizer = self.trainer.lr_scheduler = None
        self.trainer.model.zero_grad(set_to_none=True)
        gc.collect()
        if device().type == "cuda":
            torch.cuda.empty_cache()


def reset_memory() -> int:
    """Return how many bytes are taken of a card, where what is taken at most is counted anew."""
    if device().type != "cuda":
        return 0
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return int(torch.cuda.memory_reserved())


def measured(way: Way, batch: int, sizes: Sizes) -> Measured:
    """Return what a way does at a batch when it meets it again: attention of a new shape is compiled."""
    steps = max(STEPS, sizes.steps * sizes.batches[0] // batch)
    way.measure(batch, steps)
    return way.measure(batch, steps)


def at_first_batch(ways: dict[str, Way], sizes: Sizes, deadline: float) -> dict[str, Measured]:
    """Return the median of several rounds of each way, the ways in turn."""
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for turn in range(ROUNDS):
        for name, way in ways.items():
            if turn == 0 or not late(deadline):
                found[name].append(measured(way, sizes.batches[0], sizes))
    return {name: median(each) for name, each in found.items()}


def median(measured: list[Measured]) -> Measured:
    middle = statistics.median_low(each.rows for each in measured)
    return next(each for each in measured if each.rows == middle)


def at_best_batch(
    ways: dict[str, Way], start: dict[str, Measured], sizes: Sizes, deadline: float
) -> dict[str, tuple[Measured, str]]:
    """Return each way's fastest batch and why no larger one was tried; the ways in turn."""
    best = {name: (measured, "") for name, measured in start.items()}
    for batch in sizes.batches[1:]:
        for name in [each for each, (_, why) in best.items() if not why]:
            fastest, _ = best[name]
            found, why = tried(ways[name], batch, sizes, deadline)
            if found and found.rows > fastest.rows:
                why = why or ("" if found.rows > GAIN * fastest.rows else f"{batch} hardly faster")
                fastest = found
            elif found:
                why = f"{batch} no faster"
            best[name] = (fastest, why)
    last = f"{sizes.batches[-1]} is the largest tried"
    return {name: (fastest, why or last) for name, (fastest, why) in best.items()}


def tried(way: Way, batch: int, sizes: Sizes, deadline: float) -> tuple[Measured | None, str]:
    """Return what a way does at a batch; None and why, where time or memory is out."""
    if late(deadline):
        return None, f"{batch}: no time"
    try:
        return measured(way, batch, sizes), ""
    except RuntimeError as error:
        if not should_reduce_batch_size(error):
            raise
        return None, f"{batch} out of memory"


def lines(sizes: Sizes, deadline: float) -> Iterator[Line]:
    best = peak(sizes.products)
    yield Line(["matrix products alone", "", "", "", "", f"{best / 1e12:.3g} TFLOP/s"], MEASURED)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        encoder = project.ENCODER
        project.save_encoder(sizes.encoder_for_speed, encoder)
        vocabulary = load_tokenizer(encoder).vocab_size
        for left, (kind, tokens) in zip(range(len(sizes.texts), 0, -1), sizes.texts.items(), strict=True):
            end = time.monotonic() + (deadline - time.monotonic()) / left
            if late(end):
                yield Line([kind], LEFT_OUT)
                continue
            rows = project.rows(STEPS * sizes.batches[-1], tokens, vocabulary, 1)
            ways = {name: Way(way, encoder, rows, sizes.batches[0]) for name, way in WAYS.items()}
            same = at_first_batch(ways, sizes, end)
            yield from (told(kind, name, each, best, "the same for all") for name, each in same.items())
            found = at_best_batch(ways, same, sizes, end)
            yield from (told(kind, name, each, best, f"best: {why}") for name, (each, why) in found.items())


def told(kind: str, name: str, found: Measured, best: float, why: str) -> Line:
    memory = "-" if found.gigabytes is None else f"{found.gigabytes:.2f}"
    rates = [f"{found.rows:.1f}", f"{found.tokens:.0f}", f"{found.operations / best:.3f}", memory]
    return Line([kind, name, str(found.batch), *rates, f"{found.beyond:.2f}", f"{found.end:.3f}", why], MEASURED)


SPEED = Part(
    "Speed of training",
    "BERT-base of random weights; ours by `tasks.finetuning` with params.yaml's recipe, its word embeddings frozen and "
    "without dropout in attention where nothing else is said, stock the Trainer in bfloat16 with all weights trained "
    "and the model's own dropout. Each trains the same steps twice, of which the second time counts: ways in turn, "
    f"medians of the steps behind the first {FIRST}. Apart stand the seconds that all steps took beyond that (kernels "
    "loaded, attention compiled, steps recorded for a shape), and those of what follows an epoch (weights averaged). "
    "Shares of the peak count what the whole network takes without padding, while ours skips most of its last layer.",
    [
        "texts",
        "way",
        "batch",
        "rows/s",
        "tokens/s",
        "share of the peak",
        "GB",
        "beyond, s",
        "epoch's end, s",
        "batch is",
    ],
    150,
    lines,
)

"""How fast a base model answers here, by batches of so many tokens, beside the stock Trainer."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import torch

from benchmarks.gpu import project
from benchmarks.gpu.findings import MEASURED, Line, Part, attempt
from benchmarks.gpu.sizes import Sizes
from benchmarks.trainers import Stock, stock_network, stock_trainer, synchronize
from core.encoders import inference
from core.encoders.checkpoint import load_tokenizer
from core.encoders.device import device, has_bf16

SHARES = (4, 2, 1)  # of the tokens that a batch has
STOCK_BATCH = 128  # rows


def lines(sizes: Sizes, deadline: float) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        project.save_encoder(sizes.encoder_for_speed, project.ENCODER)
        tokenizer = load_tokenizer(project.ENCODER)
        for kind, tokens in sizes.texts.items():
            rows = project.rows(sizes.rows_of_inference, tokens, tokenizer.vocab_size, 1)
            yield from ours(kind, tokenizer, [{"input_ids": ids} for ids in rows["input_ids"]])
            yield attempt([kind, "stock"], partial(stock, kind, tokenizer, rows), deadline)


def ours(kind: str, tokenizer: Any, rows: list[dict[str, Any]]) -> Iterator[Line]:
    network, most = classifier(), inference.most_tokens()
    for tokens in (most // share for share in SHARES):
        with mock.patch.object(inference, "most_tokens", partial(int, tokens)):
            rates = measured(partial(inference.logits, network, tokenizer, rows), len(rows))
        yield Line([kind, f"ours, {tokens:,} tokens at a time", *rates], MEASURED)


def stock(kind: str, tokenizer: Any, rows: Any) -> Line:
    trainer = stock_trainer(Stock(arguments={"bf16_full_eval": has_bf16()}), classifier(), tokenizer, rows, STOCK_BATCH)
    rates = measured(partial(trainer.predict, rows), len(rows))
    return Line([kind, f"stock, {STOCK_BATCH} rows at a time, padded to the longest", *rates], MEASURED)


def classifier() -> Any:
    return stock_network(Path(project.ENCODER), project.LABELS, 0)


def measured(answer: Callable[[], Any], rows: int) -> list[str]:
    """Return the rows a second, the better of two times, and the most memory that tensors took."""
    seconds = []
    for _ in range(2):
        if device().type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        synchronize()
        started = time.perf_counter()
        answer()
        synchronize()
        seconds.append(time.perf_counter() - started)
    memory = f"{torch.cuda.max_memory_allocated() / 1e9:.2f}" if device().type == "cuda" else "-"
    return [f"{rows / min(seconds):.0f}", memory]


INFERENCE = Part(
    "Speed of inference",
    "BERT-base of random weights over tokenized rows, with what carries the network and the answers over: ours by "
    "`core.encoders.inference`, with its batches and smaller ones, stock by `Trainer.predict` with weights in "
    "bfloat16. The better of two times.",
    ["texts", "way", "rows/s", "GB"],
    30,
    lines,
)

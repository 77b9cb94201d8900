"""Whole fine-tunings by `tasks.finetuning`, in processes of their own, as the stage is run."""

import contextlib
import io
import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from benchmarks.gpu import project
from benchmarks.gpu.elsewhere import elsewhere
from benchmarks.gpu.findings import HOLDS, MEASURED, Line, Part, attempt
from benchmarks.gpu.sizes import Sizes
from core.base import paths
from core.base.files import read_json, sha256, write_json
from core.encoders.checkpoint import POOLING
from core.encoders.device import device
from tasks.finetuning import __main__ as finetuning

TOKENS = (23, 6)  # mean and deviation, of the rows that are fine-tuned on
LONG = (300, 60)  # of those that do not fit
EPOCHS = 4
LEARNT = 0.8  # validation accuracy
UNLEARNT = "no: nothing is learnt"
RATES = {"full": 1e-3, "lora": 5e-3, "head": 2e-2}
HALVED = re.compile(r"out of memory with (\d+) rows at a time: (\d+) at a time")
SLOWLY = 2e-5  # the learning rate at which no loss rises, so that what is a little apart stays so
LIMIT = 0.6  # of the memory that a whole batch takes
LOSSES = 0.02  # nats by which the curve of a step in parts may differ: bfloat16 adds up in another order


class Run(NamedTuple):
    """What one fine-tuning left."""

    hashes: dict[str, str]  # of the model's files
    epochs: list[dict[str, float]]
    seconds: float
    gigabytes: float  # the most that tensors took on the card
    printed: str


def tune(folder: str, changes: dict[str, Any]) -> Run:
    """Run the stage's main() in a folder that holds an encoder and rows."""
    with contextlib.chdir(folder):
        project.write_parameters(changes)
        started, printed = time.monotonic(), io.StringIO()
        if device().type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        with contextlib.redirect_stdout(printed):
            finetuning.main(str(project.SEED))
        seconds = time.monotonic() - started
        print(printed.getvalue(), end="", flush=True)
        model = paths.seed_model(project.SEED)
        hashes = {path.name: sha256(path) for path in sorted(model.iterdir())}
        epochs = read_json(paths.epochs(project.SEED))
    gigabytes = torch.cuda.max_memory_allocated() / 1e9 if device().type == "cuda" else 0.0
    return Run(hashes, epochs, seconds, gigabytes, printed.getvalue())


def squeezed(folder: str, changes: dict[str, Any]) -> tuple[Run, Run, int]:
    """Run the stage with all the memory there is, then with too little; return both, and how many allocations failed.

    The allocator itself fails, on a card by its limit. A CPU's has none: there it is asked for more than any has.
    """
    whole = tune(folder, changes)
    if device().type == "cuda":
        share = LIMIT * torch.cuda.max_memory_reserved() / torch.cuda.get_device_properties(0).total_memory
        torch.cuda.empty_cache()
        torch.cuda.set_per_process_memory_fraction(share)
        before = torch.cuda.memory_stats()["num_ooms"]
        run = tune(folder, changes)
        return whole, run, torch.cuda.memory_stats()["num_ooms"] - before
    failures = []

    def ask_for_too_much(module: Any, given: Any) -> None:
        if (
            module.training
            and isinstance(module, nn.Embedding)
            and given[0].numel() > LIMIT * LONG[0] * changes["batch_size"]
        ):
            failures.append(module)
            torch.empty(2**60)

    with register_module_forward_pre_hook(ask_for_too_much):
        run = tune(folder, changes)
    return whole, run, len(failures)


def runs(sizes: Sizes, folders: list[str], deadline: float) -> Iterator[Line]:
    """Yield a line for each method, what two processes made of the same seed; then one without `deterministic`."""
    settings = {"epochs": EPOCHS, "batch_size": min(32, sizes.rows // 24), "deterministic": True}
    changes = [settings | {"method": method, "learning_rate": rate} for method, rate in RATES.items()]

    def in_folder(folder: str) -> list[Any]:
        return elsewhere([(tune, (folder, change)) for change in changes], deadline)

    with ThreadPoolExecutor() as side_by_side:
        both = list(side_by_side.map(in_folder, folders))
    for method, one, other in zip(RATES, *both, strict=True):
        yield Line([method, "true", *compared(one, other)], fault(one, other))

    def recorded(method: str, change: dict[str, Any]) -> Line:
        one, other = elsewhere([(tune, (folders[0], change | {"deterministic": False}))] * 2, deadline)
        learnt = min(best(one), best(other)) >= LEARNT
        return Line([method, "false", *compared(one, other)], MEASURED if learnt else UNLEARNT)

    for method, change in zip(RATES, changes, strict=True):
        yield attempt([method, "false"], partial(recorded, method, change), deadline)


def best(run: Run) -> float:
    return max(epoch["validation_primary"] for epoch in run.epochs)


def compared(one: Run, other: Run) -> list[str]:
    losses = [f"{epoch['training_loss']:.3f}" for epoch in (one.epochs[0], one.epochs[-1])]
    same = "yes" if one.hashes == other.hashes else "no"
    return [same, *losses, f"{best(one):.2f}", f"{one.seconds:.1f}", f"{one.gigabytes:.2f}"]


def fault(one: Run, other: Run) -> str:
    """Return `HOLDS`, or what is wrong with two runs of a seed."""
    if one.hashes != other.hashes:
        return (
            f"no: other bytes in {', '.join(name for name in one.hashes if one.hashes[name] != other.hashes.get(name))}"
        )
    return HOLDS if best(one) >= LEARNT else UNLEARNT


def survived(batch: int, folder: str, deadline: float) -> Line:
    """Return the line of a run for which a whole batch, or having its step recorded, is too much."""
    changes = {"method": "full", "head": "random", "epochs": EPOCHS, "batch_size": batch}
    [(whole, run, failures)] = elsewhere([(squeezed, (folder, changes | {"learning_rate": SLOWLY}))], deadline)
    losses, others = ([epoch["validation_loss"] for epoch in each.epochs] for each in (whole, run))
    apart = max(abs(one - other) for one, other in zip(losses, others, strict=True))
    halved = HALVED.findall(run.printed)
    last = halved[-1][1] if halved else "all"
    cells = [
        str(batch),
        str(failures),
        last,
        f"{losses[0]:.3f}",
        f"{losses[-1]:.3f}",
        f"{apart:.4f}",
        f"{whole.gigabytes:.2f}",
        f"{run.gigabytes:.2f}",
    ]
    if not failures:
        return Line(cells, "no: nothing failed")
    if losses[-1] >= losses[0]:
        return Line(cells, UNLEARNT)
    return Line(cells, HOLDS if apart <= LOSSES else "no: other losses")


def lines(sizes: Sizes, deadline: float) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        for folder in (one, other):
            prepare(sizes, folder, sizes.rows, TOKENS)
        yield from runs(sizes, [one, other], deadline)


def lines_out_of_memory(sizes: Sizes, deadline: float) -> Iterator[Line]:
    # Without dropout, which draws others for rows that come in two parts.
    without = sizes._replace(encoder=sizes.encoder | {"hidden_dropout_prob": 0.0})
    for batch in sizes.batches_out_of_memory:
        with tempfile.TemporaryDirectory() as folder:
            prepare(without, folder, 2 * batch, LONG)
            yield attempt([str(batch)], partial(survived, batch, folder, deadline), deadline)


def prepare(sizes: Sizes, folder: str, count: int, tokens: tuple[int, int]) -> None:
    """Write the encoder and the rows of a project into a folder."""
    with contextlib.chdir(folder):
        project.save_encoder(sizes.encoder, project.ENCODER)
        # Pooled as the default model is.
        write_json(project.ENCODER / POOLING, {"pooling_mode_mean_tokens": True})
        project.save_rows(count, tokens)


FINETUNING = Part(
    "Whole fine-tunings",
    "`tasks.finetuning` on a random encoder and on rows of whose words most give the label away, each method in two "
    "processes side by side, with `finetuning.deterministic`, then without, one after the other, by recorded steps. "
    f"Held: with it the same bytes, and a validation accuracy of {LEARNT:g}.",
    ["method", "deterministic", "same bytes", "first loss", "last loss", "validation accuracy", "seconds", "GB"],
    110,
    lines,
)
OUT_OF_MEMORY = Part(
    "Out of memory, survived",
    f"`tasks.finetuning` without dropout, with {LIMIT:.0%} of the memory that a step took before: allocations that "
    "failed, the rows at a time with which it ended, and validation losses beside those with all the memory there is. "
    f"Held: an allocation fails, the run ends, the loss falls, and no epoch's is more than {LOSSES:g} nats apart.",
    [
        "rows of a step",
        "failed allocations",
        "rows at a time",
        "first loss",
        "last loss",
        "losses apart",
        "GB before",
        "GB then",
    ],
    35,
    lines_out_of_memory,
)

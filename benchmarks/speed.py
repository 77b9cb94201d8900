"""How fast fine-tuning and inference are, beside what a user would do otherwise: `make bench` (about 13 minutes).

The default model on generated texts, with the same rows, batch size and cap for every way. Each way has a process of
its own, and a round of one follows a round of the other, so that what else the machine does falls on all of them. The
result is the file of this machine's kind: benchmarks/speed/<kind>.md.
"""

import multiprocessing
import resource
import statistics
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import torch

from benchmarks import processor
from benchmarks.peak import operations, peak
from benchmarks.ways import BATCH, CAP, INFERENCE, OURS, TEXTS, TRAINING, generated, inference, training
from core.base.errors import run
from core.base.files import replacing
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.device import device, has_bf16
from core.encoders.networks import load_encoder
from core.reporting.markdown import table
from tasks import params
from tasks.tokenization.encoding import encode

RESULTS = Path("benchmarks/speed")
ROUNDS = 3
PRODUCTS = (1024, 2048)  # sizes of the matrices whose products show the peak


class Measured(NamedTuple):
    """What one way did with texts of one kind."""

    rate: float  # rows a second, median of the rounds
    gigabytes: float  # the most memory that its process has held


def work(training_or_not: bool, way: str, kind: str, pipe: Connection) -> None:
    """Answer each call with the rows a second of a round and this process's peak of memory in gigabytes."""
    once = training(way, kind) if training_or_not else inference(way, kind)
    once(TEXTS[kind][2])  # warms up: the first product of each shape has to be compiled
    pipe.send(None)
    while pipe.recv():
        rate = once(TEXTS[kind][2])
        pipe.send((rate, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20))


def measure(training_or_not: bool, kind: str) -> dict[str, Measured]:
    """Return what each way did, their rounds in turn."""
    context = multiprocessing.get_context("spawn")
    ways = tuple(TRAINING) if training_or_not else INFERENCE
    pipes, found = {}, {}
    for way in ways:  # one at a time, so that none warms up beside another
        pipes[way], other = context.Pipe()
        context.Process(target=work, args=(training_or_not, way, kind, other), daemon=True).start()
        other.close()  # or this end would wait for ever for a process that has failed
        pipes[way].recv()
    rounds: list[dict[str, Any]] = [{way: _round(pipe) for way, pipe in pipes.items()} for _ in range(ROUNDS)]
    for way, pipe in pipes.items():
        pipe.send(False)
        found[way] = Measured(statistics.median(each[way][0] for each in rounds), rounds[-1][way][1])
        print(f"{kind}, {way}: {found[way].rate:.1f} rows/s", flush=True)
    return found


def _round(pipe: Any) -> Any:
    pipe.send(True)
    return pipe.recv()


def rate_at(kind: str, peak_rate: float) -> float:
    """Return the rows a second that training would reach at so many operations a second."""
    model = params.load().model
    tokenizer, encoder = load_tokenizer(locate(model)), load_encoder(model)
    lengths = [len(ids) for ids in encode([generated(kind, tokenizer, TEXTS[kind][2])], tokenizer, CAP).input_ids]
    return len(lengths) * peak_rate / operations(encoder, lengths)


def compared(found: dict[str, dict[str, Measured]], possible: dict[str, float]) -> str:
    """Return one table: how many times faster ours is, rows a second, share of the peak, memory.

    `possible` holds the rows a second at the peak.
    """
    kinds = list(found)
    header = ["way", *(f"{kind}: ours is faster by" for kind in kinds), *(f"{kind}: rows/s" for kind in kinds)]
    header += [f"{kind}: share of the peak" for kind in possible] + [f"{kind}: GB" for kind in kinds]
    rows = []
    for way in found[kinds[0]]:
        rates = {kind: found[kind][way].rate for kind in kinds}
        cells = [f"{found[kind][OURS].rate / rates[kind]:.1f}" for kind in kinds]
        cells += [f"{rates[kind]:.1f}" for kind in kinds] + [f"{rates[kind] / possible[kind]:.2f}" for kind in possible]
        rows.append([way, *cells, *(f"{found[kind][way].gigabytes:.1f}" for kind in kinds)])
    return table(header, rows)


def main() -> None:
    rate = peak(PRODUCTS)
    at_peak = {kind: rate_at(kind, rate) for kind in TEXTS}
    trained = compared({kind: measure(True, kind) for kind in TEXTS}, at_peak)
    predicted = compared({kind: measure(False, kind) for kind in TEXTS}, {})
    about = ", ".join(f"{count} {kind} texts of about {mean} tokens" for kind, (mean, _, count) in TEXTS.items())
    text = (
        f"# Speed on {processor.described()}\n\n"
        f"{params.load().model.name} on {torch.get_num_threads()} threads ({device()}), batches of {BATCH}, at most "
        f"{CAP} tokens: {about}. Medians of {ROUNDS} rounds, the ways in turn. Matrix products alone reach "
        f"{rate / 1e9:.0f} GFLOP/s in {'bfloat16' if has_bf16() else 'float32'}, which is the peak. Written by "
        "`make bench`.\n\n"
        f"## Training\n\n"
        "Ours, as params.yaml has it: without dropout in attention, the word embeddings as they were. The others train "
        f"all weights.\n\n{trained}\n\n## Inference, with tokenizing\n\n{predicted}\n"
    )
    with replacing(RESULTS / f"{processor.kind()}.md") as partial:
        partial.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    run(main)

"""The published model for OpenVINO, as it is and in 8-bit integers: `python -m tasks.export`, or `make export`.

Not a stage. Each file answers the rows that the published model was scored on, and the card beside them says by how
much the answers differ. Nothing is chosen by that.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from core.base import params, paths
from core.base.errors import UserError, run
from core.base.files import replacing
from core.data import predictions, published, tokenized_rows
from core.data.published import Published
from core.decision import scoring
from core.decision.decision import Decision
from core.decision.primary import Primary
from core.encoders import inference
from core.encoders.checkpoint import load_tokenizer
from core.encoders.networks import load_whole
from core.scores import metrics
from tasks.export import card

FILES = ("float.xml", "int8.xml")  # the weights of each lie beside it
CALIBRATION = 300  # training rows whose activations say how wide 8 bits must reach
Logits = Callable[[], NDArray[np.float64]]


class Scored(NamedTuple):
    """The rows that the published model was scored on, and its answers."""

    split: str
    rows: Dataset  # what a network reads of each
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]  # (rows, classes)
    decision: Decision


class Answers(NamedTuple):
    """What a model answered."""

    probabilities: NDArray[np.float64]  # (rows, classes)
    rows_a_second: float


def require_packages() -> None:
    """Raise UserError where the packages of the export are not installed."""
    missing = [name for name in ("openvino", "nncf") if find_spec(name) is None]
    if missing:
        raise UserError(f"not installed: {', '.join(missing)}: `pip install '.[export]'`, then `make export`")


def read_scored(by: Published) -> Scored:
    """Return the rows of the split that was scored. Raises UserError where there are others by now, or none."""
    split = metrics.read().split
    rows = tokenized_rows.read(split)
    if tokenized_rows.identity(rows) != by.scored:
        raise UserError(
            f"{paths.tokenized(split)} holds other rows, tokens or labels than those that the published model was "
            "scored on: `dvc repro` evaluates a model on them, then `make export`"
        )
    table = predictions.read(paths.FINETUNED_PREDICTIONS)
    return Scored(
        split,
        tokenized_rows.inputs(rows).remove_columns("labels"),
        np.array(rows["labels"]),
        predictions.select(table, str(by.seed), split, rows["row_id"]),
        params.load(Primary).decision(tokenized_rows.labels(rows)),
    )


def calibration() -> Dataset:
    """Return what a network reads of some training rows, evenly spread."""
    rows = tokenized_rows.inputs(tokenized_rows.read("train")).remove_columns("labels")
    return rows.select(range(0, len(rows), -(-len(rows) // CALIBRATION)))


def answers(logits: Logits, rows: int) -> Answers:
    """Return probabilities, and how fast they came the second time: in the first, shapes are compiled."""
    logits()
    started = time.perf_counter()
    found = logits()
    seconds = time.perf_counter() - started
    weights = np.exp(found - found.max(1, keepdims=True))
    return Answers(weights / weights.sum(1, keepdims=True), rows / seconds)


def compared(file: Path, found: NDArray[np.float64], scored: Scored) -> card.Compared:
    """Return how the answers of a file differ from those that were scored."""
    size = file.stat().st_size + file.with_suffix(".bin").stat().st_size
    others = int((found.argmax(1) != scored.probabilities.argmax(1)).sum())
    apart = float(np.abs(found - scored.probabilities).max())
    return card.Compared(file.name, size / 1e6, others, apart, all_scores(found, scored))


def all_scores(probabilities: NDArray[np.float64], scored: Scored) -> dict[str, float]:
    names = scoring.applicable(scored.decision)
    return {name: scoring.score(name, scored.labels, probabilities, scored.decision) for name in names}


def export(folder: Path, network: Any, tokenizer: Any, by: Published, scored: Scored) -> dict[str, float]:
    """Write files and card into a folder; return how many rows a second each of the files answers here."""
    from tasks.export import openvino_model  # once it is known that its packages are there

    model = openvino_model.convert(network, tokenizer, scored.rows)
    openvino_model.save(model, folder / "float.xml")
    openvino_model.save(openvino_model.quantized(model, tokenizer, calibration()), folder / "int8.xml")
    tokenizer.save_pretrained(folder)
    count = len(scored.rows)
    models = {name: openvino_model.compiled(folder / name) for name in FILES}
    found = {
        name: answers(partial(openvino_model.logits, each, tokenizer, scored.rows), count)
        for name, each in models.items()
    }
    beside = [compared(folder / name, each.probabilities, scored) for name, each in found.items()]
    rows = card.Rows(scored.split, count, all_scores(scored.probabilities, scored))
    inputs = list(openvino_model.batch(tokenizer, [scored.rows[0]]))
    text = card.text(by, list(network.config.id2label.values()), inputs, rows, beside)
    (folder / "README.md").write_text(text, encoding="utf-8")
    return {name: each.rows_a_second for name, each in found.items()}


def main() -> None:
    require_packages()
    by = published.read()
    scored = read_scored(by)
    network, tokenizer = load_whole(paths.PUBLISHED_MODEL), load_tokenizer(paths.PUBLISHED_MODEL)
    with replacing(paths.EXPORTED_MODEL) as folder:
        folder.mkdir(parents=True)
        rates = export(folder, network, tokenizer, by, scored)
    network = load_whole(paths.PUBLISHED_MODEL)
    own = answers(partial(inference.logits, network, tokenizer, scored.rows), len(scored.rows)).rows_a_second
    files = f"{' and '.join(FILES)}, and a card that says how their answers differ from the published model's"
    print(f"{paths.EXPORTED_MODEL}: {files}")
    print(", ".join(f"{name} {rate:.0f}" for name, rate in rates.items()), f"rows a second here, without it {own:.0f}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

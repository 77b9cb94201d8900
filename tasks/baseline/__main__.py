"""The ladder: what can be had without fine-tuning, from a constant to the frozen pretrained encoder.

Every rung learns from the original training rows, and predicts validation and test without reading a test label.
"""

import sys

from core.base import params, paths
from core.base.errors import run
from core.data import parquet, predictions, tokenized_rows
from core.data.splits import HELD_OUT, SPLITS
from core.encoders.device import take_card
from core.encoders.params import Model
from tasks.baseline.params import Baseline
from tasks.baseline.rungs import frozen, linear, majority, tf_idf, untrained


def main() -> None:
    model, section = params.load(Model), params.load(Baseline)
    take_card()
    rows = {split: tokenized_rows.read(split) for split in SPLITS}
    names = tokenized_rows.labels(rows["train"])
    rows["train"] = rows["train"].select([n for n, parent in enumerate(rows["train"]["parent"]) if parent is None])
    labels = {split: list(rows[split]["labels"]) for split in ("train", "validation")}
    texts = {split: parquet.frame(paths.validated(split)) for split in SPLITS}
    rungs = {
        "majority": majority(labels["train"], len(names), {split: len(rows[split]) for split in SPLITS}),
        "tf-idf": linear(tf_idf(texts), labels, section),
        "untrained head": untrained(model, rows, names, section.seed),
        "frozen encoder": linear(frozen(model, rows), labels, section),
    }
    tables = [
        predictions.table(name, split, rows[split]["row_id"], rung[split])
        for name, rung in rungs.items()
        for split in HELD_OUT
    ]
    predictions.write(paths.BASELINE_PREDICTIONS, tables)
    print(f"{len(rungs)} rungs predicted {len(rows['validation'])} validation and {len(rows['test'])} test rows")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

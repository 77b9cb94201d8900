"""The ladder: what can be had without fine-tuning, from a constant to the frozen pretrained encoder.

Every rung learns from the original training rows, and predicts validation and test without reading a test label.
"""

import sys

from core.base import params, paths, results
from core.base.errors import run
from core.data import frozen_states, parquet, predictions, tokenized_rows
from core.data.ladder import Ladder, RungDescription
from core.data.splits import HELD_OUT, SPLITS
from core.decision.primary import Primary
from core.encoders.device import take_card
from core.encoders.params import Model
from tasks.baseline import external
from tasks.baseline.params import Baseline
from tasks.baseline.rungs import RUNGS, Material


def main() -> None:
    model, section = params.load(Model), params.load(Baseline)
    take_card()
    rows = {split: tokenized_rows.read(split) for split in SPLITS}
    rows["train"] = rows["train"].select([n for n, parent in enumerate(rows["train"]["parent"]) if parent is None])
    texts = {split: parquet.frame(paths.validated(split)) for split in SPLITS}
    decision = params.load(Primary).decision(tokenized_rows.labels(rows["train"]))
    material = Material(model, section, decision, rows, texts)
    rungs = [*RUNGS, *external.rungs(material)]  # which reads these first: what is wrong with a file is said at once
    predicted = {rung.name: rung.predict(material) for rung in rungs}
    tables = [
        predictions.table(name, split, rows[split]["row_id"], by_split[split])
        for name, by_split in predicted.items()
        for split in HELD_OUT
    ]
    predictions.write(paths.BASELINE_PREDICTIONS, tables)
    frozen_states.write(material.states)
    described = [RungDescription(name=rung.name, description=rung.description) for rung in rungs]
    results.write(paths.LADDER, Ladder(rungs=described))
    print(f"{len(rungs)} rungs predicted {len(rows['validation'])} validation and {len(rows['test'])} test rows")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

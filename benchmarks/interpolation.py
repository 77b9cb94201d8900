"""How much of the general encoder may stay, layers frozen or all drawn back: `python -m benchmarks.interpolation`.

On the development corpora of benchmarks/unseen_terms.py, which stand for terms that training lacks (about 20 minutes).
"""

import tempfile
from pathlib import Path

import numpy as np
import yaml
from datasets import Dataset
from transformers import Trainer

from benchmarks.unseen_terms import CORPORA, LABELS, corpus
from core import interpolation, params, statistics
from core.encoder import load_classifier
from core.errors import run
from core.files import replacing
from core.inference import probabilities
from core.markdown import table
from data.sample.generate import HERE
from tasks.finetuning import finetune

RESULT = Path("benchmarks/interpolation.md")
SHARES = (1.0, 0.9, 0.8, 0.7)
SETTINGS = ((3, 1e-4), (0, 5e-5), (3, 5e-5), (2, 1e-4), (2, 5e-5))  # lowest layers frozen, learning rate


def measure(chosen: params.Params, splits: dict[str, Dataset], layers: int, rate: float) -> list[list[float]]:
    """Return, for each share, accuracy and loss on validation, then on the split with unseen terms, of one seed."""
    seed = chosen.finetuning.seeds[0]
    general = interpolation.weights(load_classifier(chosen.model, LABELS, seed).base_model, "full")
    setting = {"freeze_layers": layers, "learning_rate": rate, "interpolation": 1.0}
    with tempfile.TemporaryDirectory() as folder:
        changed = chosen.model_copy(update={"finetuning": chosen.finetuning.model_copy(update=setting)})
        trainer = finetune(changed, seed, splits["train"], splits["validation"], Path(folder))
    found, before = [], 1.0
    for share in SHARES:
        interpolation.draw_back(trainer.model.base_model, general, share / before)
        before = share
        found.append([number for split in ("validation", "test") for number in scored(trainer, splits[split])])
    return found


def scored(trainer: Trainer, rows: Dataset) -> list[float]:
    """Return the accuracy and the loss (nats) of the trainer's model as it is."""
    predicted = probabilities(trainer.model, trainer.processing_class, list(rows["input_ids"]), 64)
    found = statistics.scores(np.asarray(rows["labels"]), predicted)
    return [found["accuracy"], found["loss"]]


def written(chosen: params.Params, rows: list[list[str]]) -> str:
    """Return the result as markdown."""
    header = ["layers frozen", "learning rate", "fine-tuned share"]
    header += ["validation accuracy", "loss", "unseen terms: accuracy", "loss"]
    return (
        f"# Interpolation\n\n{chosen.model.name}, {chosen.finetuning.epochs} epochs, one seed, "
        f"mean of {len(CORPORA)} development corpora with unseen terms: small differences may be chance. Written "
        f"by `python -m benchmarks.interpolation`.\n\n{table(header, rows)}\n"
    )


def main() -> None:
    chosen = params.load()
    vocabulary = yaml.safe_load((HERE / "vocabulary.yaml").read_text(encoding="utf-8"))
    corpora = [corpus(chosen, vocabulary, held_out) for held_out in CORPORA]
    rows = []
    for layers, rate in SETTINGS:
        means = np.mean([measure(chosen, splits, layers, rate) for splits in corpora], axis=0)
        for share, found in zip(SHARES, means, strict=True):
            rows.append([str(layers), f"{rate:g}", f"{share:g}", *(f"{mean:.3f}" for mean in found)])
        with replacing(RESULT) as partial:  # after each, so that an interrupted run leaves what it found
            partial.write_text(written(chosen, rows), encoding="utf-8")


if __name__ == "__main__":
    run(main)

"""How much of the pretrained encoder weight interpolation (WiSE-FT) may keep: `python -m benchmarks.interpolation`.

On the development corpora of benchmarks/unseen_terms.py, which stand for terms that training lacks (about 6 minutes).
"""

import tempfile
from pathlib import Path

import numpy as np
from datasets import Dataset
from transformers import Trainer

from benchmarks.unseen_terms import CORPORA, LABELS, corpus, drawn, training_vocabulary
from core.base.errors import run
from core.base.files import replacing
from core.data import tokenized_rows
from core.decision import scoring
from core.decision.decision import Decision
from core.encoders.inference import probabilities
from core.encoders.networks import load_classifier
from core.reporting.markdown import table
from tasks import params
from tasks.finetuning import weight_averaging
from tasks.finetuning.training import finetune

RESULT = Path("benchmarks/interpolation.md")
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6)


def measure(chosen: params.Params, splits: dict[str, Dataset]) -> list[list[float]]:
    """Return, for each share, accuracy and loss on validation, then on the split with unseen terms, of one seed."""
    seed = chosen.finetuning.seeds[0]
    general = weight_averaging.pretrained_weights(load_classifier(chosen.model, LABELS, seed), "full")
    whole = chosen.finetuning.model_copy(update={"interpolation": 1.0})
    with tempfile.TemporaryDirectory() as folder:
        changed = chosen.model_copy(update={"finetuning": whole})
        trainer = finetune(
            changed.model,
            changed.finetuning,
            changed.evaluation,
            seed,
            splits["train"],
            splits["validation"],
            Path(folder),
        )
    found, before = [], 1.0
    for share in SHARES:
        weight_averaging.interpolate(trainer.model, general, share / before)
        before = share
        found.append([number for split in ("validation", "test") for number in scored(trainer, splits[split])])
    return found


def scored(trainer: Trainer, rows: Dataset) -> list[float]:
    """Return the accuracy and the loss (nats) of the trainer's model as it is."""
    predicted = probabilities(trainer.model, trainer.processing_class, tokenized_rows.inputs(rows))
    decision = Decision("accuracy", classes=predicted.shape[1])
    return [scoring.score(name, np.asarray(rows["labels"]), predicted, decision) for name in ("accuracy", "loss")]


def main() -> None:
    chosen = params.load()
    vocabulary = training_vocabulary()
    means = np.mean([measure(chosen, corpus(chosen, vocabulary, seed)) for seed in CORPORA], axis=0)
    header = ["fine-tuned share", "validation accuracy", "loss", "unseen terms: accuracy", "loss"]
    rows = [[f"{share:g}", *(f"{mean:.3f}" for mean in found)] for share, found in zip(SHARES, means, strict=True)]
    said = (
        f"# Interpolation\n\n{chosen.model.name}, {chosen.finetuning.epochs} epochs, one seed, "
        f"mean of {len(CORPORA)} development corpora with unseen terms, from what draw {drawn()} trains on: "
        f"small differences may be chance. Written by `python -m benchmarks.interpolation`.\n\n{table(header, rows)}\n"
    )
    with replacing(RESULT) as partial:
        partial.write_text(said, encoding="utf-8")


if __name__ == "__main__":
    run(main)

"""Which settings carry over to terms that training lacks: `python -m benchmarks.unseen_terms` (about 15 minutes).

The sample's test split holds terms that neither training nor validation has, and choosing on it would be cheating. So
the training vocabulary is divided once more: development corpora that hold out other entries, and never use the real
held-out ones, show which settings generalise. The sample itself is not read.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from datasets import Dataset

from core.base import paths
from core.base.errors import run
from core.base.files import replacing
from core.data import tokenized_rows
from core.decision import scoring
from core.decision.decision import Decision
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.inference import probabilities
from core.reporting.markdown import table
from data.sample.generate import divided, generate, lists, read_vocabulary, recorded
from tasks import params
from tasks.augmentation.__main__ import augmented_copies
from tasks.augmentation.lexicon import read_lexicon
from tasks.finetuning.training import finetune
from tasks.tokenization.dataset import Tokenizing, features
from tasks.tokenization.params import Tokenization

RESULT = Path("benchmarks/unseen_terms.md")
CORPORA = ("00001000", "00001001")  # seeds, which draw what is held out of the training vocabulary
DEVELOPMENT = "00000001"  # a seed of the sample until it is drawn
SEED = 31  # of its own
LABELS = ["routine", "urgent"]
ROWS = 1800  # with unseen terms, so that chance moves a mean by half a point
TRIED = ((5, 7e-5), (3, 7e-5), (2, 7e-5), (1, 7e-5), (2, 1e-4))  # weights averaged from this epoch on, learning rate
SETTINGS: list[dict[str, Any]] = [{"average_from": start, "learning_rate": rate} for start, rate in TRIED]


def drawn() -> str:
    """Return the seed by which data/raw was drawn, or a development draw's where it holds another domain or nothing."""
    return (recorded(paths.RAW / "README.md") or DEVELOPMENT)[:8]


def training_vocabulary() -> dict[str, Any]:
    """Return the vocabulary without what the draw of `drawn` holds out."""
    vocabulary = divided(read_vocabulary(), drawn())
    for entries in lists(vocabulary).values():
        entries[:] = [entry for entry in entries if not entry["held_out"]]
    return {**vocabulary, "rows": {**vocabulary["rows"], "test": ROWS}}


def corpus(chosen: params.Params, vocabulary: dict[str, Any], seed: str) -> dict[str, Dataset]:
    """Return the tokenized splits of one development corpus, training with its augmented copies."""
    section, tokenizer = chosen.augmentation, load_tokenizer(locate(chosen.model))
    lexicon = read_lexicon(paths.LEXICON)
    splits = {}
    for split, notes in generate(vocabulary, seed).items():
        rows: list[Mapping[str, str | None]] = [
            {"row_id": f"{split}-{number}", "text": note.text, "label": note.label, "group": note.patient}
            for number, note in enumerate(notes)
        ]
        if split == "train":
            rows += [copy for row in rows for copy in augmented_copies(row, section, lexicon)]
        frame = pd.DataFrame(rows).assign(parent=None).astype(object)
        splits[split] = tokenized(frame, LABELS, tokenizer, chosen.tokenization)
    return splits


def tokenized(rows: pd.DataFrame, labels: Sequence[str], tokenizer: Any, section: Tokenization) -> Dataset:
    """Return rows as the stage `tokenization` writes them."""
    by = Tokenizing(tokenizer, section, features(map(str, rows), labels, section))
    return Dataset(by.tokenize(pa.Table.from_pandas(rows, preserve_index=False)))


def measure(chosen: params.Params, splits: dict[str, Dataset], setting: dict[str, Any]) -> list[float]:
    """Return accuracy and loss on validation, then on the split with unseen terms."""
    changed = chosen.model_copy(update={"finetuning": chosen.finetuning.model_copy(update=setting)})
    with tempfile.TemporaryDirectory() as folder:
        trainer = finetune(
            changed.model,
            changed.finetuning,
            changed.evaluation,
            SEED,
            splits["train"],
            splits["validation"],
            Path(folder),
        )
    found = []
    for split in ("validation", "test"):
        rows = splits[split]
        predicted = probabilities(trainer.model, trainer.processing_class, tokenized_rows.inputs(rows))
        labels, decision = np.asarray(rows["labels"]), Decision("accuracy", classes=predicted.shape[1])
        found += [scoring.score(name, labels, predicted, decision) for name in ("accuracy", "loss")]
    return found


def written(chosen: params.Params, rows: list[list[str]]) -> str:
    """Return the result as markdown."""
    header = ["averaged from epoch", "learning rate", "validation accuracy", "loss", "unseen terms: accuracy", "loss"]
    return (
        f"# Unseen terms\n\n{chosen.model.name}, {chosen.finetuning.epochs} epochs, "
        f"mean of {len(CORPORA)} development corpora with unseen terms, from what draw {drawn()} trains on, "
        f"seed {SEED}: small differences may be chance. Written by `python -m benchmarks.unseen_terms`.\n\n"
        f"{table(header, rows)}\n"
    )


def main() -> None:
    chosen = params.load()
    corpora = [corpus(chosen, training_vocabulary(), seed) for seed in CORPORA]
    rows = []
    for setting in SETTINGS:
        print(setting, flush=True)
        means = np.mean([measure(chosen, splits, setting) for splits in corpora], axis=0)
        rows.append([*(f"{value}" for value in setting.values()), *(f"{mean:.3f}" for mean in means)])
        with replacing(RESULT) as partial:  # after each, so that an interrupted run leaves what it found
            partial.write_text(written(chosen, rows), encoding="utf-8")


if __name__ == "__main__":
    run(main)

"""What share of doubted rows means label noise: `dvc repro tokenization && python -m benchmarks.label_noise`.

Labels of the sample's training and validation rows are flipped; then its first seed is fine-tuned and asked, as the
report asks it, which validation rows it doubts. Beside it stands what the frozen encoder doubts, out of fold. The test
split is not read.
"""

import tempfile
from pathlib import Path

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.base import paths
from core.base.errors import UserError, run
from core.base.files import replacing
from core.data import tokenized_rows
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.inference import mean_states, probabilities
from core.encoders.networks import load_encoder
from core.reporting.markdown import percent, table
from data.sample.generate import generate, read_vocabulary, recorded
from tasks import params
from tasks.finetuning.training import finetune
from tasks.report.diagnosis.label_noise import Doubted, doubted

RESULT = Path("benchmarks/label_noise.md")
FLIPPED = (0.0, 0.03, 0.1, 0.2)
Mask = NDArray[np.bool_]


def wrong_labels(split: str) -> set[str]:
    """Return the rows of the sample whose label is wrong as it stands, by row_id.

    Raises UserError where data/raw holds another domain.
    """
    drawn = recorded(paths.RAW / "README.md")
    if drawn is None:
        mend = f"`git checkout {paths.RAW}.dvc && dvc pull {paths.RAW}.dvc`"
        raise UserError(f"{paths.RAW} holds no draw of data/sample, whose wrong labels are known: {mend}")
    notes = generate(read_vocabulary(), drawn[:8])[split]
    return {f"{split}-{number}" for number, note in enumerate(notes, start=1) if note.label != note.truth}


def flip(rows: Dataset, split: str, share: float) -> tuple[Dataset, Mask]:
    """Return the rows with a share of their labels flipped, copies with their parents, and which are then wrong."""
    origins = [parent or row_id for parent, row_id in zip(rows["parent"], rows["row_id"], strict=True)]
    distinct = sorted(set(origins))
    generator = np.random.default_rng(len(split))
    flipped = set(generator.choice(distinct, round(share * len(distinct)), replace=False))
    labels = [1 - label if origin in flipped else label for label, origin in zip(rows["labels"], origins, strict=True)]
    changed = rows.remove_columns("labels").add_column("labels", labels).cast_column("labels", rows.features["labels"])
    wrong = wrong_labels(split) ^ flipped
    return changed, np.array([origin in wrong for origin in origins])


def by_fine_tuning(chosen: params.Params, train: Dataset, validation: Dataset) -> Doubted:
    """Return the validation rows that the first seed doubts."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = finetune(
            chosen.model,
            chosen.finetuning,
            chosen.evaluation,
            chosen.finetuning.seeds[0],
            train,
            validation,
            Path(folder),
        )
    predicted = probabilities(trainer.model, trainer.processing_class, tokenized_rows.inputs(validation))
    return doubted(np.asarray(validation["labels"]), {"the fine-tuned model": predicted})


def by_frozen_encoder(chosen: params.Params, train: Dataset) -> Doubted:
    """Return the training rows that a linear head on the frozen encoder doubts, each asked out of its fold."""
    encoder, tokenizer = load_encoder(chosen.model), load_tokenizer(locate(chosen.model))
    states = mean_states(encoder, tokenizer, tokenized_rows.inputs(train))
    head = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=5000))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=chosen.baseline.seed)
    labels = np.asarray(train["labels"])
    predicted = cross_val_predict(head, states, labels, cv=folds, groups=train["group"], method="predict_proba")
    return doubted(labels, {"frozen encoder": predicted})


def figures(found: Doubted, wrong: Mask) -> list[str]:
    """Return the shares of rows on which the models are right, that they doubt, and of these that are wrong."""
    return [percent(each) for each in (found.accuracy, found.share, float(wrong[found.rows].mean()))]


def written(chosen: params.Params, rows: list[list[str]]) -> str:
    """Return the result as markdown."""
    header = ["flipped", "wrong", "right", "doubted", "of these wrong", "frozen: right", "doubted", "of these wrong"]
    return (
        f"# Label noise\n\n{chosen.model.name}, {chosen.finetuning.epochs} epochs, seed {chosen.finetuning.seeds[0]}: "
        "the validation rows of the sample that confident learning doubts after a share of the labels was flipped, "
        "which leaves the share *wrong* of them wrong; beside them the training rows that a linear head on the frozen "
        f"encoder doubts, out of fold. Written by `python -m benchmarks.label_noise`.\n\n{table(header, rows)}\n"
    )


def main() -> None:
    chosen = params.load()
    rows = []
    for share in FLIPPED:
        print(f"{share:.0%} flipped", flush=True)
        train, wrong_train = flip(tokenized_rows.read("train"), "train", share)
        validation, wrong = flip(tokenized_rows.read("validation"), "validation", share)
        original = np.flatnonzero([parent is None for parent in train["parent"]])
        tuned = figures(by_fine_tuning(chosen, train, validation), wrong)
        frozen = figures(by_frozen_encoder(chosen, train.select(original)), wrong_train[original])
        rows.append([percent(share), percent(wrong.mean()), *tuned, *frozen])
        with replacing(RESULT) as partial:  # after each, so that an interrupted run leaves what it found
            partial.write_text(written(chosen, rows), encoding="utf-8")


if __name__ == "__main__":
    run(main)

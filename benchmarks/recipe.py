"""What the default recipe rests on: `python -m benchmarks.recipe FOLDER ...` (two cores: about 4 minutes a folder).

Each folder holds train.csv and validation.csv, with the columns text and label; a test file is not read. Their texts
are divided anew: an eighth chooses epochs and regularization, an eighth is scored, the rest is trained on.
"""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from datasets import Dataset
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split

from benchmarks.unseen_terms import tokenized
from core.base.errors import UserError, run
from core.base.files import replacing
from core.data import tokenized_rows
from core.encoders.checkpoint import POOLING, load_tokenizer, locate
from core.encoders.device import device, has_bf16
from core.encoders.inference import probabilities
from core.encoders.params import Model
from core.reporting.markdown import table
from tasks import params
from tasks.baseline.rungs import frozen, linear, scaled
from tasks.baseline.tf_idf import tf_idf
from tasks.finetuning.training import finetune

RESULT = Path("benchmarks/recipe.md")
SEED = 41  # of its own
ROWS = 800  # to train on, at most, and so many to choose and to score by: the question is that of few labels
MAX_LENGTH = 64  # tokens of a text
ENCODERS = {"mean": Path("models/pretrained/mean"), "first token": Path("models/pretrained/first_token")}
SETTINGS: dict[str, dict[str, Any]] = {
    "fine-tuned: first token, random head": {"head": "random"},
    "fine-tuned: mean, random head": {"head": "random"},
    "fine-tuned: mean, probed head (default)": {},
    "fine-tuned: the default, balanced classes": {"class_weights": "balanced"},
    "fine-tuned: the default, nothing of the pretrained encoder": {"interpolation": 1.0},
    "fine-tuned: the default, twice the steps": {"batch_size": 16},
    "fine-tuned: the default, twice the learning rate": {"learning_rate": 1.4e-4},
}
Predicted = NDArray[np.float64]


def read(folder: Path) -> pd.DataFrame:
    """Return the distinct texts of a folder and their labels, but for classes with fewer than eight."""
    files = [folder / name for name in ("train.csv", "validation.csv")]
    if missing := [path for path in files if not path.is_file()]:
        raise UserError(*(f"{path} is missing: name folders of train.csv and validation.csv" for path in missing))
    rows = pd.concat([pd.read_csv(path, dtype="str") for path in files]).dropna(subset=["text", "label"])
    rows = rows.drop_duplicates("text")[["text", "label"]]
    return rows[rows.groupby("label")["label"].transform("size") >= 8].reset_index(drop=True)


def divided(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return rows to train on, to choose by and, under the name test, to score by; classes in like shares in each."""
    held_out = min(len(rows) // 4, ROWS)
    train, others = train_test_split(rows, test_size=held_out, stratify=rows["label"], random_state=SEED)
    if len(train) > ROWS:
        train, _ = train_test_split(train, train_size=ROWS, stratify=train["label"], random_state=SEED)
    validation, test = train_test_split(others, test_size=0.5, stratify=others["label"], random_state=SEED)
    splits = {"train": train, "validation": validation, "test": test}
    return {
        name: frame.assign(row_id=[f"{name}-{n}" for n in range(len(frame))], parent=None, group=None).astype(object)
        for name, frame in splits.items()
    }


def predictions(chosen: params.Params, texts: dict[str, pd.DataFrame]) -> dict[str, Callable[[], Predicted]]:
    """Return what predicts the rows to score by, by its name."""
    models = {
        pooling: chosen.model.model_copy(update={"name": str(folder), "package": None, "revision": None})
        for pooling, folder in ENCODERS.items()
    }
    labels, tokenizer = sorted(texts["train"]["label"].unique()), load_tokenizer(ENCODERS["mean"])
    cut = chosen.tokenization.model_copy(update={"max_length": MAX_LENGTH})
    rows = {name: tokenized(frame, labels, tokenizer, cut) for name, frame in texts.items()}
    known = {name: list(rows[name]["labels"]) for name in rows}
    decision, everything = chosen.evaluation.decision(labels), np.arange(len(known["validation"]))
    ways: dict[str, Callable[[], Predicted]] = {
        "tf-idf": lambda: linear(tf_idf(texts, len(labels)), known, everything, chosen.baseline, decision)["test"],
        "frozen encoder": lambda: linear(
            scaled(frozen(models["mean"], rows)), known, everything, chosen.baseline, decision
        )["test"],
    }
    for name, setting in SETTINGS.items():
        section = chosen.finetuning.model_copy(update=setting)
        model = models["first token" if "first token" in name else "mean"]
        changed = chosen.model_copy(update={"finetuning": section, "model": model})
        ways[name] = lambda changed=changed: fine_tuned(changed, rows)  # type: ignore[misc]
    return ways


def fine_tuned(chosen: params.Params, rows: dict[str, Dataset]) -> Predicted:
    """Return one seed's probabilities of the rows to score by."""
    with tempfile.TemporaryDirectory() as folder:
        inputs = [tokenized_rows.inputs(rows[name]) for name in ("train", "validation", "test")]
        trainer = finetune(chosen.model, chosen.finetuning, chosen.evaluation, SEED, inputs[0], inputs[1], Path(folder))
    return probabilities(trainer.model, trainer.processing_class, inputs[2])


def measured(chosen: params.Params, folder: Path) -> list[list[str]]:
    """Return a line of the table for each way."""
    texts = divided(read(folder))
    true = np.unique(texts["test"]["label"].to_numpy(dtype=str), return_inverse=True)[1]
    counts = f"{len(texts['train'])}, {len(texts['test'])}"
    lines = []
    with encoders(chosen.model):
        for way, predicted in predictions(chosen, texts).items():
            found = predicted()
            answers = found.argmax(1)
            scores = accuracy_score(true, answers), f1_score(true, answers, average="macro"), log_loss(true, found)
            lines.append([folder.name, counts, way, *(f"{score:.3f}" for score in scores)])
            print(*lines[-1], sep="  ", flush=True)
    return lines


@contextlib.contextmanager
def encoders(model: Model) -> Iterator[None]:
    """Work in a folder that holds the pretrained encoder twice, once without the word how it is to be pooled."""
    source = locate(model).resolve()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copytree(source, ENCODERS["mean"])
        shutil.copytree(source, ENCODERS["first token"], ignore=shutil.ignore_patterns(Path(POOLING).parts[0]))
        yield


def written(chosen: params.Params, lines: list[list[str]]) -> str:
    """Return the result as markdown."""
    header = ["set", "rows: trained on, scored", "", "accuracy", "macro F1", "log loss"]
    section = chosen.finetuning
    return (
        f"# The default recipe\n\n{chosen.model.name}, {section.epochs} epochs, batches of {section.batch_size}, "
        f"learning rate {section.learning_rate:g}, texts of at most {MAX_LENGTH} tokens, seed {SEED}, on {device()}, "
        f"{'bfloat16' if has_bf16() else 'float32'}; one seed and few scored rows: small differences may be chance. No "
        "test file was read. Written by `python -m benchmarks.recipe`; what follows from it is in "
        f"[README.md](README.md).\n\n{table(header, lines)}\n"
    )


def main(*folders: str) -> None:
    if not folders:
        raise UserError(
            "no folder given: `python -m benchmarks.recipe FOLDER ...`, each with train.csv, validation.csv"
        )
    chosen, lines = params.load(), []
    for folder in folders:
        lines += measured(chosen, Path(folder).resolve())
        with replacing(RESULT) as partial:  # after each, so that an interrupted run leaves what it found
            partial.write_text(written(chosen, lines), encoding="utf-8")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""Learning-curve studies of files of texts, by the study's own draws and its fast techniques."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from datasets import Dataset

from core.base import params
from core.base.errors import UserError
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.inference import mean_states
from core.encoders.networks import load_encoder
from core.encoders.params import Model
from study import draws
from study.curves.evidence import Curves
from study.curves.resamples import OTHER_MIX
from study.draws import Positions, Size
from study.techniques import frozen_encoder, tf_idf
from study.techniques.technique import Material
from tasks.baseline.params import Baseline
from tasks.tokenization.encoding import encode

ROWS = 600  # of a pool, at most
POOLED = 0.6  # of the training rows, so that pools differ
CLASSES = 16  # at most: of more, those that stand first in the order of their names
SCORED = 500  # rows, at most
MAX_LENGTH = 128  # tokens of a text
WORDS = 80  # of a text, the first ones
PER_CLASS = [Size(f"{rows} a class", per_class=rows) for rows in (8, 16, 32, 64)]
SHARES = [Size(f"{share:.0%}", share=share) for share in (0.25, 0.5, 1.0)]
MORE_SHARES = [Size(f"{share:.0%}", share=share) for share in (0.06, 0.09, 0.12, 0.18, 0.35)]
QUARTER, FEW, MANY = 0.25, 10, 5  # draws of sizes under a quarter of the pool, and of others


@dataclass(frozen=True)
class Texts:
    """The rows of a file to score and those to draw from, under `scored` and `train`."""

    name: str
    texts: dict[str, list[str]]
    labels: dict[str, Labels]
    states: dict[str, Table]  # of the pretrained encoder


def read(path: Path) -> Texts:
    """Return the distinct rows of a file and of the train.csv beside it. Raises UserError where either is missing."""
    files = {"train": path.parent / "train.csv", "scored": path}
    if missing := [file for file in files.values() if not file.is_file()]:
        raise UserError(*(f"{file} is missing: name a file to score that has train.csv beside it" for file in missing))
    rows = {part: pd.read_csv(file, dtype="str").dropna(subset=["text", "label"]) for part, file in files.items()}
    for each in rows.values():
        each["text"] = each["text"].str.split().str[:WORDS].str.join(" ")
    rows = {part: each.drop_duplicates("text") for part, each in rows.items()}
    names = sorted(rows["train"]["label"].unique())[:CLASSES]
    rows["scored"] = rows["scored"][~rows["scored"]["text"].isin(rows["train"]["text"])]
    rows = {part: each[each["label"].isin(names)] for part, each in rows.items()}
    rows["scored"] = rows["scored"].sample(min(len(rows["scored"]), SCORED), random_state=0)
    return Texts(
        name=path.resolve().parent.name,
        texts={part: each["text"].tolist() for part, each in rows.items()},
        labels={part: each["label"].map(names.index).to_numpy(np.int64) for part, each in rows.items()},
        states={part: states(each["text"].tolist()) for part, each in rows.items()},
    )


def states(texts: list[str]) -> Table:
    """Return the pretrained encoder's states of texts."""
    model = params.load(Model)
    tokenizer = load_tokenizer(locate(model))
    ids = encode([texts], tokenizer, MAX_LENGTH).input_ids
    return mean_states(load_encoder(model), tokenizer, [{"input_ids": row} for row in ids])


def studied(known: Texts, number: int, confidence: float) -> Curves:
    """Return the study of one pool of a file's rows; all rows are drawn once, for no seed changes these techniques."""
    pool = _pool(known.labels["train"], number)
    labels = known.labels["train"][pool]
    rows = np.bincount(labels)
    sizes = _sizes(rows)
    drawn: dict[str, np.ndarray] = {}
    tables: dict[str, dict[str, dict[int, Table]]] = {name: {} for name in TECHNIQUES}
    for repetition in range(1, FEW + 1):
        nested = draws.nested(labels.tolist(), sizes, number, repetition)
        last = {len(positions): size for size, positions in nested.items()}  # of sizes with as many rows one counts
        for size in last.values():
            share = len(nested[size]) / len(pool)
            if repetition > (1 if share == 1 else FEW if share < QUARTER else MANY):
                continue
            drawn[size] = np.bincount(labels[nested[size]], minlength=len(rows))
            for name, predict in TECHNIQUES.items():
                tables[name].setdefault(size, {})[repetition] = predict(known, pool[nested[size]])
    scored = known.labels["scored"]
    return Curves(
        split="test",
        labels=scored,
        groups=np.arange(len(scored)).astype(str),
        clusters=None,
        decision=Decision("accuracy", classes=len(rows), confidence=confidence),
        names=[str(label) for label in range(len(rows))],
        tables=tables,
        drawn=drawn,
        pool=rows,
    )


def _pool(labels: Labels, number: int) -> Positions:
    generator, share = np.random.default_rng([number, len(labels)]), min(POOLED, ROWS / len(labels))
    of_each = [generator.permutation(np.flatnonzero(labels == label)) for label in range(labels.max() + 1)]
    return np.sort(np.concatenate([rows[: max(round(share * len(rows)), 2)] for rows in of_each]))


def _sizes(rows: np.ndarray) -> Sequence[Size]:
    """Return the study's default sizes; where classes are of unequal size more shares, as the study then asks for."""
    unequal = np.abs(rows / rows.sum() - 1 / len(rows)).sum() / 2 > OTHER_MIX
    return [*MORE_SHARES, *SHARES] if unequal else [*PER_CLASS, *SHARES]


def _by_words(known: Texts, positions: Positions) -> Table:
    labels, none = known.labels["train"], Dataset.from_dict({})
    material = Material(
        rows=Dataset.from_dict({"labels": labels[positions]}),
        texts=pd.DataFrame({"text": [known.texts["train"][position] for position in positions]}),
        copies=none,
        scored=none,
        scored_texts=pd.DataFrame({"text": known.texts["scored"]}),
        pool=none,
        start=none,
        decision=Decision("accuracy", classes=int(labels.max()) + 1),
        seed=0,
    )
    return tf_idf.predict(material)


def _by_states(known: Texts, positions: Positions) -> Table:
    labels, section = known.labels["train"], params.load(Baseline)
    drawn = known.states["train"][positions]
    return frozen_encoder.fitted(drawn, labels[positions], known.states["scored"], int(labels.max()) + 1, section)


TECHNIQUES: dict[str, Callable[[Texts, Positions], Table]] = {"tf_idf": _by_words, "frozen_encoder": _by_states}

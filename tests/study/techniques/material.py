"""A draw of few rows, whose label hangs on one word."""

from collections.abc import Sequence

import pandas as pd
from datasets import ClassLabel, Dataset, Features, List, Value

from core.base import params
from core.decision.primary import Primary
from core.encoders.checkpoint import load_tokenizer, locate
from core.encoders.params import Model
from study.techniques.technique import Material
from tests.conftest import notes

NAMES = ["routine", "urgent"]


def tokenized(texts: Sequence[str], labels: Sequence[int], names: Sequence[str] = tuple(NAMES)) -> Dataset:
    """Return rows as `tokenization` writes them, as far as techniques read them."""
    tokenizer = load_tokenizer(locate(params.load(Model)))
    ids = [tokenizer(text, truncation=True, max_length=16)["input_ids"] for text in texts]
    features = Features(
        {"row_id": Value("string"), "labels": ClassLabel(names=list(names)), "input_ids": List(Value("int32"))}
    )
    row_ids = [f"row-{number}" for number in range(len(texts))]
    return Dataset.from_dict({"row_id": row_ids, "labels": list(labels), "input_ids": ids}, features)


def material(drawn: pd.DataFrame, scored: pd.DataFrame, copies: pd.DataFrame | None = None, seed: int = 1) -> Material:
    """Return what a technique is given, of frames with the columns text and label."""
    rows, copied, asked = (
        tokenized(frame["text"].tolist(), [NAMES.index(label) for label in frame["label"]])
        for frame in (drawn, drawn.head(0) if copies is None else copies, scored)
    )
    return Material(
        rows=rows,
        texts=drawn,
        copies=copied,
        scored=asked,
        scored_texts=scored,
        pool=rows,
        start=rows,
        decision=params.load(Primary).decision(NAMES),
        seed=seed,
    )


def few(rows: int = 12, seed: int = 1) -> Material:
    """Return a draw of some rows, eight rows to score, and two augmented copies."""
    return material(notes("train", rows), notes("test", 8), notes("copies", 2), seed)

"""Texts as token ids: the original rows of every split, the synthetic ones with training alone."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value, disable_progress_bars

from core import fragmentation, params, parquet, probe
from core.checkpoint import load_tokenizer, locate
from core.errors import UserError, run
from core.files import read_json, replacing, write_json

SPLITS = ("train", "validation", "test")
VALIDATED = Path("data/validated")
AUGMENTED = Path("data/augmented/train.parquet")
TOKENIZED = Path("data/tokenized")
VOCABULARY = Path("data/vocabulary.parquet")
REPORT = Path("reports/tokenization.json")


def encode(texts: Sequence[str], tokenizer: Any, max_length: int) -> tuple[list[list[int]], list[bool]]:
    """Return each text's token ids, cut to `max_length`, and whether it was cut."""
    encoded = tokenizer(list(texts), truncation=True, max_length=max_length)  # in parallel, as it is given them at once
    return encoded["input_ids"], [bool(encoding.overflowing) for encoding in encoded.encodings]


def tokenize(rows: pd.DataFrame, labels: Sequence[str], tokenizer: Any, max_length: int) -> Dataset:
    """Return what later stages read of each row: see `features` below; parent is null where the row is original.

    Broken words are counted in the whole text. Columns of validation.slices pass through.
    """
    input_ids, truncated = encode(rows["text"].tolist(), tokenizer, max_length)
    columns = {
        "row_id": rows["row_id"].tolist(),
        "parent": rows["parent"].tolist(),
        "group": rows["group"].tolist(),
        "labels": rows["label"].tolist(),
        "input_ids": input_ids,
        "length": [len(ids) for ids in input_ids],  # by this name the Trainer groups rows that must be padded
        "truncated": truncated,
        "broken_words": fragmentation.broken_words(rows["text"].tolist(), tokenizer),
    }
    slices = [name for name in map(str, rows) if name.startswith(params.SLICE)]
    columns |= {name: rows[name].tolist() for name in slices}
    text = Value("string")
    features = {"row_id": text, "parent": text, "group": text, "labels": ClassLabel(names=list(labels))}
    features |= {"input_ids": List(Value("int32")), "length": Value("int32"), "truncated": Value("bool")}
    features |= {"broken_words": Value("int32")} | dict.fromkeys(slices, text)
    return Dataset.from_dict(columns, features=Features(features))


def read_rows(split: str) -> pd.DataFrame:
    """Return a split's usable rows, in training followed by the synthetic ones."""
    rows = parquet.frame(VALIDATED / f"{split}.parquet").assign(parent=None)
    if split == "train":
        rows = pd.concat([rows, parquet.frame(AUGMENTED)], ignore_index=True)
    return rows.astype(object).where(rows.notna(), None)  # a missing group is null, not the text "nan"


def counts(split: Dataset) -> dict[str, float]:
    """Return a split's rows, synthetic rows, truncated rows, and the mean and longest length in tokens."""
    lengths = split["length"]
    return {
        "rows": len(split),
        "synthetic": sum(parent is not None for parent in split["parent"]),
        "truncated": sum(split["truncated"]),
        "mean_tokens": round(sum(lengths) / len(lengths), 1),
        "longest": max(lengths),
    }


def vocabularies(tokenizer: Any) -> dict[str, pd.DataFrame]:
    """Return the words of the domain, which are those of the original training rows, and of the general probe."""
    training = parquet.frame(VALIDATED / "train.parquet")["text"].tolist()
    texts = {"domain": training, "general": probe.read()["text"].tolist()}
    return {side: fragmentation.vocabulary(each, tokenizer) for side, each in texts.items()}


def fragmented(known: dict[str, pd.DataFrame]) -> dict[str, dict[str, float]]:
    """Return how each side's words are broken up, and what share of the domain's the general side has too."""
    sides = {side: fragmentation.counts(words) for side, words in known.items()}
    return sides | {"overlap": fragmentation.overlap(known["domain"], known["general"])}


def main() -> None:
    chosen = params.load()
    max_length = chosen.tokenization.max_length
    tokenizer = load_tokenizer(locate(chosen.model))
    if max_length > tokenizer.model_max_length:
        raise UserError(
            f"params.yaml: tokenization.max_length is {max_length}: {chosen.model.name} reads at most "
            f"{tokenizer.model_max_length} tokens: lower it"
        )
    labels = read_json(Path("reports/validation.json"))["labels"]
    splits = {split: tokenize(read_rows(split), labels, tokenizer, max_length) for split in SPLITS}
    disable_progress_bars()
    with replacing(TOKENIZED) as partial:
        DatasetDict(splits).save_to_disk(partial)
    report = {split: counts(rows) for split, rows in splits.items()}
    known = vocabularies(tokenizer)
    with replacing(VOCABULARY) as partial:
        known["domain"].to_parquet(partial, index=False)
    write_json(REPORT, {"max_length": max_length, "splits": report, "fragmentation": fragmented(known)})
    for split, count in report.items():
        print(f"{split}: {count['rows']} rows, {count['truncated']} cut to {max_length} tokens")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

"""The rows of a split as later stages read them: a Dataset of token ids, labels and what slices are made by."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from datasets import ClassLabel, Dataset, Features, List, Value

from core.base import paths
from core.data import parquet
from core.data.sameness import row_keys
from core.data.texts import CLUSTER, SLICE, sides
from core.data.tokenization_counts import TokenizedSplit
from tasks.tokenization.encoding import Encoded, encode
from tasks.tokenization.params import Tokenization
from tasks.tokenization.subwords import split_words


def read_rows(split: str) -> pd.DataFrame:
    """Return a split's usable rows, in training followed by their augmented copies; what is missing is None."""
    rows = parquet.frame(paths.validated(split)).assign(parent=None)
    if split == "train":
        rows = pd.concat([rows, parquet.frame(paths.AUGMENTED)], ignore_index=True)
    return rows.astype(object).where(rows.notna(), None)  # a missing group is null, not the text "nan"


def without_held_out(rows: pd.DataFrame, held_out: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return training rows without the augmented copies whose text is the same as one of a held-out split."""
    keys = pd.concat([row_keys(each) for each in held_out])
    return rows[rows["parent"].isna() | ~row_keys(rows).isin(keys)]


def tokenize(
    rows: pd.DataFrame, labels: Sequence[str], tokenizer: Any, section: Tokenization, types: bool = False
) -> Dataset:
    """Return each row with its token ids, class id, group, and its parent where it is an augmented copy.

    `broken_words` counts the words that are split into subwords, in the whole text, of a pair in both. The columns of
    validation.cluster and validation.slices pass through; augmented copies have none. `types` says whether the network
    reads token_type_ids.
    """
    texts = [rows[side].tolist() for side in sides(rows)]
    encoded = encode(texts, tokenizer, section.max_length, section.long, types and len(texts) == 2)
    split_by_side = [split_words(side, tokenizer) for side in texts]
    passed = [name for name in map(str, rows) if name == CLUSTER or name.startswith(SLICE)]
    columns = {
        "row_id": rows["row_id"].tolist(),
        "parent": rows["parent"].tolist(),
        "group": rows["group"].tolist(),
        "labels": rows["label"].tolist(),
        **{name: column for name, column in encoded._asdict().items() if column is not None},
        "length": [len(ids) for ids in encoded.input_ids],
        "broken_words": [sum(counts) for counts in zip(*split_by_side, strict=True)],
        **{name: rows[name].tolist() for name in passed},
    }
    return Dataset.from_dict(columns, features=_features(labels, encoded, passed))


def _features(labels: Sequence[str], encoded: Encoded, passed: Sequence[str]) -> Features:
    text = Value("string")
    features = {"row_id": text, "parent": text, "group": text, "labels": ClassLabel(names=list(labels))}
    features |= {"input_ids": List(Value("int32")), "length": Value("int32"), "truncated": Value("bool")}
    features |= {"token_type_ids": List(Value("int8"))} if encoded.token_type_ids is not None else {}
    features |= {"windows": List(Value("int32"))} if encoded.windows is not None else {}
    return Features(features | {"broken_words": Value("int32")} | dict.fromkeys(passed, text))


def counts(split: Dataset) -> TokenizedSplit:
    """Return how many rows a split has, how many of them are augmented copies or lost tokens, and how long they are."""
    lengths = split["length"]
    return TokenizedSplit(
        rows=len(split),
        synthetic=sum(parent is not None for parent in split["parent"]),
        truncated=sum(split["truncated"]),
        windows=sum(map(len, split["windows"])) if "windows" in split.column_names else len(split),
        mean_tokens=round(sum(lengths) / len(lengths), 1),
        longest=max(lengths),
    )

"""Rows as a padded batch, for networks that cannot be packed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch

from core.encoders.windows import split

Rows = Sequence[Mapping[str, Any]]


def collator(tokenizer: Any) -> Callable[[Rows], dict[str, Any]]:
    """Return `collate` for a tokenizer, which knows what to pad with, and on which side."""
    return partial(collate, tokenizer)


def collate(tokenizer: Any, rows: Rows) -> dict[str, Any]:
    """Return the rows' windows, padded to the longest; with labels where the rows have them, shape (rows,).

    `texts`, of each window its row's number, stands there where a row has more than one.
    """
    windows, texts = split(rows)
    # Labels lead: the Trainer takes the first tensor's first size for the number of rows.
    labels = {"labels": torch.tensor([row["labels"] for row in rows])} if "labels" in rows[0] else {}
    several = {"texts": texts} if len(windows) > len(rows) else {}
    return {**labels, **tokenizer.pad(windows, return_tensors="pt"), **several}

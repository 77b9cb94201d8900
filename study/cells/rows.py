"""The rows that the study learns from and scores: outputs of `validation` and `tokenization`."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pandas as pd
from datasets import Dataset, concatenate_datasets

from core.base import paths
from core.base.errors import UserError
from core.data import parquet, tokenized_rows
from core.data.splits import HELD_OUT
from core.data.texts import sides

Split = Literal["test", "validation"]
SAID = ("input_ids", "token_type_ids", "windows", "labels", "group")  # columns


@dataclass(frozen=True)
class Rows:
    """All rows of a study."""

    split: Split  # what is scored
    pool: Dataset  # the original training rows, tokenized
    texts: pd.DataFrame  # the same, validated
    copies: Dataset  # their augmented copies, tokenized
    scored: Dataset
    held_out: (
        Dataset  # what techniques predict: all of validation and test, so that opening the test split costs nothing
    )
    held_out_texts: pd.DataFrame

    @cached_property
    def copies_of(self) -> dict[str, list[int]]:
        """Return the positions of the augmented copies of each row, by its row_id."""
        found = defaultdict(list)
        for position, parent in enumerate(self.copies["parent"]):
            found[str(parent)].append(position)
        return dict(found)

    @cached_property
    def pool_hashes(self) -> list[str]:
        """Return the hash of what each training row says: its tokens, texts, label and group."""
        return _hashes(self.pool, self.texts)

    @cached_property
    def copy_hashes(self) -> list[str]:
        """Return the same of the augmented copies, whose texts are their tokens."""
        return _hashes(self.copies, None)

    @cached_property
    def held_out_hash(self) -> str:
        """Return the hash of the rows to predict."""
        return combined([*_hashes(self.held_out, self.held_out_texts), *self.held_out["row_id"]])

    def drawn_copies(self, drawn: Iterable[int]) -> list[int]:
        """Return the positions of the copies of the rows drawn."""
        row_ids = self.pool["row_id"]
        return [copy for position in drawn for copy in self.copies_of.get(row_ids[position], [])]


def combined(hashes: Iterable[str]) -> str:
    """Return one hash of several, in their order."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _hashes(rows: Dataset, texts: pd.DataFrame | None) -> list[str]:
    names = [name for name in SAID if name in rows.column_names]
    columns = [rows[name][:] for name in names]
    if texts is not None:
        columns += [texts[side].tolist() for side in sides(texts)]
    return [hashlib.sha256(json.dumps(values).encode()).hexdigest() for values in zip(*columns, strict=True)]


def read(split: Split) -> Rows:
    """Return the rows as the stages have written them. Raises UserError where one has not run, or is out of step."""
    train, held_out = tokenized_rows.read("train"), {name: tokenized_rows.read(name) for name in HELD_OUT}
    original = [position for position, parent in enumerate(train["parent"]) if parent is None]
    copies = [position for position, parent in enumerate(train["parent"]) if parent is not None]
    pool = train.select(original)
    return Rows(
        split=split,
        pool=pool,
        texts=_texts("train", pool),
        copies=train.select(copies),
        scored=held_out[split],
        # No technique may read their labels.
        held_out=concatenate_datasets(list(held_out.values())).remove_columns("labels"),
        held_out_texts=pd.concat([_texts(*each) for each in held_out.items()], ignore_index=True).drop(columns="label"),
    )


def _texts(split: str, rows: Dataset) -> pd.DataFrame:
    texts = parquet.frame(paths.validated(split))
    if texts["row_id"].tolist() != list(rows["row_id"]):
        place, tokens = paths.validated(split), paths.tokenized(split)
        raise UserError(f"{place} and {tokens} have not the same rows: `dvc repro tokenization`")
    return texts

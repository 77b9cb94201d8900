"""Long texts in windows: a network reads a window as a row of its own, and a text's logits are its windows' mean.

A row's `input_ids` hold its windows one after another, special tokens and all; `windows`, where there is such a column,
holds how many tokens each has.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import torch

READ = ("input_ids", "token_type_ids")  # of each token
Rows = Iterable[Mapping[str, Any]]


def split(rows: Rows) -> tuple[list[dict[str, list[int]]], list[int]]:
    """Return the windows of all rows, each with what a network reads of it, and of each window its row's number."""
    numbered = [(window, number) for number, row in enumerate(rows) for window in _of_row(row)]
    return [window for window, _ in numbered], [number for _, number in numbered]


class Windows:
    """The windows of all rows, their tokens in a tenth of the memory that lists take."""

    def __init__(self, rows: Rows) -> None:
        self.lengths, self.rows = array("q"), array("q")  # of each window, in tokens; and its row's number
        self._tokens: dict[str, array[int]] = {}
        for number, row in enumerate(rows):
            for window in _of_row(row):
                for name, values in window.items():
                    self._tokens.setdefault(name, array("i")).extend(values)
                self.lengths.append(len(window["input_ids"]))
                self.rows.append(number)
        self._ends = [0, *accumulate(self.lengths)]

    def __getitem__(self, place: int) -> dict[str, list[int]]:
        """Return what a network reads of a window."""
        start, end = self._ends[place : place + 2]
        return {name: values[start:end].tolist() for name, values in self._tokens.items()}


def _of_row(row: Mapping[str, Any]) -> list[dict[str, list[int]]]:
    lengths = row.get("windows") or [len(row["input_ids"])]
    ends = list(accumulate(lengths))
    return [
        {name: row[name][end - length : end] for name in READ if name in row}
        for end, length in zip(ends, lengths, strict=True)
    ]


def mean(values: torch.Tensor, rows: Sequence[int], weights: Sequence[int] | None = None) -> torch.Tensor:
    """Return each row's mean over its windows: shape (rows, size), of values shaped (windows, size).

    `rows` names the row of each window, and `weights` are those of the mean, else all the same.
    """
    if all(row == place for place, row in enumerate(rows)):  # one window each
        return values
    of = torch.tensor(rows, device=values.device)
    share = torch.tensor(weights or [1] * len(rows), dtype=values.dtype, device=values.device)
    total = share.new_zeros(max(rows) + 1).index_add(0, of, share)
    share = share / total[of]
    return values.new_zeros(len(total), values.shape[1]).index_add(0, of, values * share[:, None])


def classify(classifier: Any, **batch: Any) -> Any:
    """Return a classifier's outputs for a batch of a collator, with one row of logits for each text."""
    texts = batch.pop("texts", None)
    outputs = classifier(**batch)
    if texts is not None:
        outputs["logits"] = mean(outputs["logits"], texts)
    return outputs

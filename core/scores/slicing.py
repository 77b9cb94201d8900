"""Which test rows belong to which slice: by the columns that the user names, and by what every text has."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.data.texts import SLICE
from core.decision.scoring import Labels

if TYPE_CHECKING:
    from datasets import Dataset

MISSING = "(missing)"


class Slicing(NamedTuple):
    names: Sequence[str]  # of the slices, in the order in which they are shown
    member: Labels  # the number of each row's slice
    automatic: bool = False  # made of every data set; not by a column that the user names


def slicings(test: "Dataset", validation: "Dataset") -> dict[str, Slicing]:
    """Return by what the test rows are sliced, and how, the user's columns first. Numbers are cut into thirds."""
    columns = {name.removeprefix(SLICE): test[name] for name in test.column_names if name.startswith(SLICE)}
    automatic = {
        "class": Slicing(test.features["labels"].names, np.asarray(test["labels"]), automatic=True),
        "tokens": thirds(test["length"], validation["length"]),
        "split words": thirds(test["broken_words"], validation["broken_words"]),
        "truncated": Slicing(["no", "yes"], np.asarray(test["truncated"], dtype=np.int64), automatic=True),
    }
    named = {f"{name} (column)" if name in automatic else name: values for name, values in columns.items()}
    return {name: _by_value(values) for name, values in named.items()} | automatic


def thirds(values: Sequence[int], reference: Sequence[int]) -> Slicing:
    """Return whether each value lies in the lower, middle or upper third of the reference, the validation rows."""
    low, high = (int(cut) for cut in np.quantile(reference, [1 / 3, 2 / 3]))
    number = np.asarray(values)
    middle = f"{low + 1} to {high}" if high > low + 1 else f"{high}"
    third = (number > low).astype(np.int64) + (number > high)
    return Slicing([f"up to {low}", middle, f"over {high}"], third, automatic=True)


def _by_value(values: Sequence[str | None]) -> Slicing:
    names, member = np.unique([MISSING if value is None else value for value in values], return_inverse=True)
    return Slicing(names.tolist(), member)

"""How the models do on parts of the test rows: which rows belong to which slice, and how they compare there."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from core.data.texts import SLICE
from core.scores.bootstrap import Resampling, paired_bootstrap
from core.scores.statistics import Groups, Labels, Table, holm, numbered, p_value, with_interval

FEWEST = 10  # groups of rows in a slice: fewer say next to nothing
MISSING = "(missing)"


class Slicing(NamedTuple):
    names: Sequence[str]  # of the slices, in the order in which they are shown
    member: Labels  # the number of each row's slice


def slicings(test: Dataset, validation: Dataset) -> dict[str, Slicing]:
    """Return by what the test rows are sliced, and how. Numbers are cut into thirds of validation."""
    own = {name.removeprefix(SLICE): test[name] for name in test.column_names if name.startswith(SLICE)}
    known = {
        "class": Slicing(test.features["labels"].names, np.asarray(test["labels"])),
        "tokens": thirds(test["length"], validation["length"]),
        "words in pieces": thirds(test["broken_words"], validation["broken_words"]),
        "truncated": Slicing(["no", "yes"], np.asarray(test["truncated"], dtype=np.int64)),
    }
    named = {f"{name} (column)" if name in known else name: values for name, values in own.items()}
    return known | {name: _by_value(values) for name, values in named.items()}


def thirds(values: Sequence[int], reference: Sequence[int]) -> Slicing:
    """Return whether each value lies in the lower, middle or upper third of the reference."""
    low, high = (int(cut) for cut in np.quantile(reference, [1 / 3, 2 / 3]))
    number = np.asarray(values)
    middle = f"{low + 1} to {high}" if high > low + 1 else f"{high}"
    third = (number > low).astype(np.int64) + (number > high)
    return Slicing([f"up to {low}", middle, f"over {high}"], third)


def _by_value(values: Sequence[str | None]) -> Slicing:
    names, member = np.unique([MISSING if value is None else value for value in values], return_inverse=True)
    return Slicing(names.tolist(), member)


def compared(
    labels: Labels,
    baseline: Table,
    finetuned: Sequence[Table],
    groups: Groups,
    by: dict[str, Slicing],
    resampling: Resampling,
) -> list[dict[str, Any]]:
    """Return each slice's rows, and accuracy and its difference with intervals and p-values, Holm's over all slices.

    Left out: slices of fewer than ten groups of rows, and a slicing of which all rows are one slice.
    """
    wrong = [(each.argmax(1) != labels).astype(int) for each in (baseline, *finetuned)]
    found: list[dict[str, Any]] = []
    for name, number, inside in _large_enough(groups, by):
        # Right and wrong as the two classes: the same accuracy, and no time spent on the F1 of 77 classes.
        base, *tuned = (np.eye(2)[each[inside]] for each in wrong)
        right = np.zeros(len(base), dtype=np.int64)
        accuracy = paired_bootstrap(right, [base], tuned, groups[inside], resampling.resamples, resampling.seed)[
            "accuracy"
        ]
        found.append(
            {
                "by": name,
                "slice": by[name].names[number],
                "rows": int(inside.sum()),
                "accuracy": with_interval(accuracy.after, resampling.confidence, 0, 1),
                "difference": with_interval(accuracy.difference, resampling.confidence, -1, 1)
                | {"p_value": p_value(accuracy.difference)},
            }
        )
    for each, adjusted in zip(found, holm([each["difference"]["p_value"] for each in found]), strict=True):
        each["difference"]["p_holm"] = adjusted
    return found


def _large_enough(groups: Groups, by: dict[str, Slicing]) -> Iterator[tuple[str, int, NDArray[np.bool_]]]:
    for name, slicing in by.items():
        for number in range(len(slicing.names)):
            inside = slicing.member == number
            if not inside.all() and numbered(groups[inside])[0] >= FEWEST:
                yield name, number, inside


def worst_first(slices: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the slices, those first whose accuracy is surest to be low: by the upper ends of their intervals."""
    return sorted(slices, key=lambda each: (each["accuracy"]["high"], each["accuracy"]["estimate"]))

"""Slices as metrics.json has held them: the mean over the seeds, and its difference to the baseline."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core.base.results import Result
from core.decision.scoring import Labels, Table
from core.scores.bootstrap import Resampling, paired_bootstrap
from core.scores.intervals import Difference, Interval
from core.scores.slices import FEWEST
from core.scores.slicing import Slicing
from core.scores.statistics import Groups, holm, numbered, p_value, tested, with_interval


class Slice(Result):
    """One part of the test rows: fine-tuned accuracy, mean over the seeds, and its difference to the baseline."""

    by: str
    """What rows are sliced by: `class`, `tokens`, `words in pieces`, `truncated` or a column of `validation.slices`."""
    slice: str
    """The value, or for numbers the third of validation, that its rows share."""
    rows: int
    """Test rows in it."""
    accuracy: Interval
    """Share of its rows that are predicted right, 0 to 1; of a class, that is the recall."""
    difference: Difference
    """Fine-tuned minus baseline, -1 to 1; `p_holm` is corrected for all slices."""


def compared_by_slice(
    labels: Labels,
    baseline: Table,
    finetuned: Sequence[Table],
    groups: Groups,
    by: dict[str, Slicing],
    resampling: Resampling,
) -> list[Slice]:
    """Return each slice's rows, and accuracy and its difference with intervals and p-values, Holm's over all slices.

    Left out: slices of fewer than ten clusters, and a slicing of which all rows are one slice.
    """
    wrong = [(table.argmax(1) != labels).astype(int) for table in (baseline, *finetuned)]
    parts = list(_large_enough(groups, by))
    accuracies = []
    for _, _, inside in parts:
        # Right and wrong as the two classes: the same accuracy, and no time spent on the F1 of 77 classes.
        base, *tuned = (np.eye(2)[of_model[inside]] for of_model in wrong)
        right = np.zeros(len(base), dtype=np.int64)
        compared = paired_bootstrap(right, [base], tuned, groups[inside], resampling.resamples, resampling.seed)
        accuracies.append(compared["accuracy"])
    corrected = holm([p_value(accuracy.difference) for accuracy in accuracies])
    return [
        Slice(
            by=name,
            slice=by[name].names[number],
            rows=int(inside.sum()),
            accuracy=with_interval(accuracy.after, resampling.confidence, 0, 1),
            difference=tested(accuracy.difference, resampling.confidence, 1, p_holm),
        )
        for (name, number, inside), accuracy, p_holm in zip(parts, accuracies, corrected, strict=True)
    ]


def _large_enough(groups: Groups, by: dict[str, Slicing]) -> Iterator[tuple[str, int, NDArray[np.bool_]]]:
    for name, slicing in by.items():
        for number in range(len(slicing.names)):
            inside = slicing.member == number
            if not inside.all() and numbered(groups[inside])[0] >= FEWEST:
                yield name, number, inside


def worst_first(slices: Sequence[Slice]) -> list[Slice]:
    """Return the slices, those first whose accuracy is most surely low: by the upper ends of their intervals."""
    return sorted(slices, key=lambda part: (part.accuracy.high, part.accuracy.estimate))

"""How the published model does on parts of the test rows: which rows belong to which slice, and who is served worse."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from datasets import Dataset

from core.base.results import Result
from core.data.texts import SLICE
from core.decision.scoring import Labels, Table
from core.scores.intervals import Difference, Interval
from core.scores.parts import Rows, shares_apart
from core.scores.statistics import Estimate, Groups, holm, mean, numbered, p_value, share, tested, with_interval

FEWEST = 10  # clusters in a slice: fewer say next to nothing
RARE = 20  # test rows of a class: with fewer, one row moves its recall by 5 points or more
LISTED = 20  # slices of one column that are too small to judge, by name
MISSING = "(missing)"


class Slicing(NamedTuple):
    names: Sequence[str]  # of the slices, in the order in which they are shown
    member: Labels  # the number of each row's slice
    automatic: bool = False  # made of every data set; not by a column that the user names


def slicings(test: Dataset, validation: Dataset) -> dict[str, Slicing]:
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


class Slice(Result):
    """One part of the test rows: the published model's accuracy, and its difference to the baseline."""

    by: str
    """What rows are sliced by: `class`, `tokens`, `split words`, `truncated` or a column of `validation.slices`."""
    slice: str
    """The value, or for numbers the third of validation, that its rows share."""
    rows: int
    """Test rows in it."""
    groups: int
    """Clusters that these rows belong to."""
    accuracy: Interval
    """Share of its rows that are predicted right, 0 to 1; of a class, that is the recall."""
    difference: Difference
    """Published model minus baseline, -1 to 1; `p_holm` is corrected for all slices of the family."""


class Gap(Result):
    """How much worse the worst slice by one column is served than all other rows."""

    by: str
    """What rows are sliced by."""
    slice: str
    """The slice of the lowest accuracy among those with at least ten clusters."""
    rows: int
    """Test rows in it."""
    others: int
    """Test rows in no such slice: all others."""
    difference: Difference
    """Accuracy in the slice minus that in the others, -1 to 1. As it was chosen for being the worst, interval and
    `p_value` are corrected for the slices that it was chosen from (Bonferroni, Dunn, JASA 56 (1961)), `p_holm` for the
    columns of the family too."""


class TooSmall(Result):
    """The slices by one column that have fewer than ten clusters, too few to be judged."""

    by: str
    """What rows are sliced by."""
    slices: dict[str, int]
    """The test rows of each by its name, the largest first: 20 at most."""
    more: int
    """How many others there are, smaller ones."""
    rows_of_more: int
    """Test rows of these others, together."""


class Family(Result):
    """Slices whose p-values are corrected together."""

    slices: list[Slice]
    """Those with at least ten clusters, in the order of what they are sliced by."""
    worst: Slice | None
    """The one of the lowest accuracy, of equal ones that of the most rows; null where there is none."""
    gaps: list[Gap]
    """How much worse the worst slice by each column is served than all other rows."""
    too_small: list[TooSmall]
    """Those with fewer clusters, by column."""


class Slices(Result):
    """How the published model does on parts of the test rows."""

    columns: Family
    """By the columns of `validation.slices`."""
    automatic: Family
    """By class, number of tokens, number of split words and whether the text was truncated."""
    rare_classes: dict[str, int]
    """The test rows of each class with fewer than 20, too few for a score that counts each class alike (balanced
    accuracy, macro F1): one row more or less moves the class's recall by 5 points or more."""


class _Part(NamedTuple):
    by: str
    name: str
    inside: Rows


def sliced(
    labels: Labels,
    names: Sequence[str],
    baseline: Table,
    published: Table,
    groups: Groups,
    by: dict[str, Slicing],
    confidence: float,
) -> Slices:
    """Return how the published model does by the user's columns, and apart from them by what every text has."""
    before, after = (table.argmax(1) == labels for table in (baseline, published))
    columns, automatic = (
        family(before, after, groups, {name: of for name, of in by.items() if of.automatic == kind}, confidence)
        for kind in (False, True)
    )
    return Slices(columns=columns, automatic=automatic, rare_classes=rare_classes(labels, names))


def rare_classes(labels: Labels, names: Sequence[str]) -> dict[str, int]:
    """Return the rows of each class that has fewer than 20."""
    rows = np.bincount(labels, minlength=len(names))
    return {name: int(count) for name, count in zip(names, rows, strict=True) if count < RARE}


def family(before: Rows, after: Rows, groups: Groups, by: dict[str, Slicing], confidence: float) -> Family:
    """Return the slices of which p-values are corrected together; `before` and `after` say which rows are right.

    A slicing of which all rows are one slice says nothing, and is left out.
    """
    judged: list[_Part] = []
    too_small = []
    for column, slicing in by.items():
        parts = [_Part(column, name, slicing.member == number) for number, name in enumerate(slicing.names)]
        parts = [part for part in parts if part.inside.any() and not part.inside.all()]
        small = [part for part in parts if numbered(groups[part.inside])[0] < FEWEST]
        judged += [part for part in parts if numbered(groups[part.inside])[0] >= FEWEST]
        too_small += [_listed(column, small)] if small else []
    slices = _compared(before, after, groups, judged, confidence)
    return Family(
        slices=slices,
        worst=min(slices, key=_badness, default=None),
        gaps=_gaps(after, groups, judged, by, confidence),
        too_small=too_small,
    )


def _listed(column: str, parts: Sequence[_Part]) -> TooSmall:
    rows = Counter({part.name: int(part.inside.sum()) for part in parts}).most_common()
    return TooSmall(
        by=column,
        slices=dict(rows[:LISTED]),
        more=len(rows[LISTED:]),
        rows_of_more=sum(count for _, count in rows[LISTED:]),
    )


def _compared(before: Rows, after: Rows, groups: Groups, parts: Sequence[_Part], confidence: float) -> list[Slice]:
    differences = [_paired(before[part.inside], after[part.inside], groups[part.inside]) for part in parts]
    corrected = holm([p_value(difference) for difference in differences])
    return [
        Slice(
            by=part.by,
            slice=part.name,
            rows=int(part.inside.sum()),
            groups=numbered(groups[part.inside])[0],
            accuracy=with_interval(share(after[part.inside], groups[part.inside]), confidence, 0, 1),
            difference=tested(difference, confidence, 1, p_holm),
        )
        for part, difference, p_holm in zip(parts, differences, corrected, strict=True)
    ]


def _paired(before: Rows, after: Rows, groups: Groups) -> Estimate:
    """Return the difference in accuracy on the same rows, one row added that each model alone has right."""
    return mean(after.astype(np.float64) - before, groups, (1, -1))


def _badness(part: Slice) -> tuple[float, int]:
    return part.accuracy.estimate, -part.rows


def _gaps(right: Rows, groups: Groups, parts: Sequence[_Part], by: dict[str, Slicing], confidence: float) -> list[Gap]:
    """Return by each column with two slices or more how far the worst lies below all other rows."""
    worst: list[_Part] = []
    tried: list[int] = []  # comparisons from which the worst was chosen: of two slices, one
    for column, slicing in by.items():
        choice = [part for part in parts if part.by == column]
        if len(choice) > 1:
            worst.append(min(choice, key=lambda part: (right[part.inside].mean(), -part.inside.sum())))
            tried.append(1 if len(np.unique(slicing.member)) == 2 else len(choice))
    differences = [shares_apart(right, ~part.inside, part.inside, groups) for part in worst]
    p_values = [min(count * p_value(found), 1.0) for count, found in zip(tried, differences, strict=True)]
    return [
        Gap(
            by=part.by,
            slice=part.name,
            rows=int(part.inside.sum()),
            others=int((~part.inside).sum()),
            difference=_simultaneous(found, 1 - (1 - confidence) / count, p, p_holm),
        )
        for part, found, count, p, p_holm in zip(worst, differences, tried, p_values, holm(p_values), strict=True)
    ]


def _simultaneous(difference: Estimate, confidence: float, p: float, p_holm: float) -> Difference:
    return Difference(**with_interval(difference, confidence, -1, 1).model_dump(), p_value=p, p_holm=p_holm)

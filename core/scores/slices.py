"""How the published model does on slices of the test rows, and who is served worse."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.base.results import Result
from core.decision.decision import Decision
from core.decision.scoring import Labels, Table
from core.scores import sign_flip
from core.scores.intervals import Difference, Interval
from core.scores.parts import Rows, at, difference
from core.scores.slicing import Slicing
from core.scores.statistics import Estimate, Groups, holm, numbered, p_value, share, with_interval
from core.scores.uncertainty import of_difference

FEWEST = 10  # clusters in a slice: fewer say next to nothing
RARE = 20  # test rows of a class: with fewer, one row moves its recall by 5 points or more
LISTED = 20  # slices of one column that are too small to judge, by name


class Slice(Result):
    """One part of the test rows: the published model's accuracy, and its difference to the baseline."""

    by: str
    """What rows are sliced by: `class`, `tokens`, `split words`, `truncated` or a column of `validation.slices`."""
    slice: str
    """The value, or for numbers the third of validation, that its rows share."""
    rows: int
    """Test rows in it."""
    groups: int
    """Clusters that these rows belong to; of two groupings, those of the one with fewer."""
    accuracy: Interval
    """Share of its rows that are predicted right, 0 to 1; of a class, that is the recall."""
    difference: Difference
    """Published model minus baseline, -1 to 1. `p_value` is the larger one of the interval's t and of the sign-flip
    test, in which groups change sides as wholes (of single rows McNemar's exact one); `p_holm` is corrected for all
    slices of the family."""


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


@dataclass(frozen=True)
class _TestRows:
    """What both models predict for the test rows, or for some of them, and what intervals need."""

    labels: Labels
    baseline: Table
    published: Table
    groups: Groups
    second: Groups | None
    decision: Decision

    @property
    def right(self) -> Rows:
        return np.asarray(self.published.argmax(1) == self.labels)

    @property
    def clusters(self) -> int:
        """Return how many groups there are, or the number of second ones where rows have fewer of these than ten.

        Where all rows share one, as in the slices by that very column, it says nothing of how they vary.
        """
        counts = [numbered(known)[0] for known in (self.groups, self.second) if known is not None]
        return counts[0] if counts[-1] == 1 else min(counts)

    def of(self, rows: Rows) -> "_TestRows":
        second = at(self.second, rows)
        shared = second if second is not None and numbered(second)[0] > 1 else None
        tables = self.labels[rows], self.baseline[rows], self.published[rows], self.groups[rows]
        return _TestRows(*tables, shared, self.decision)

    def accuracy(self) -> Interval:
        return with_interval(share(self.right, self.groups, self.second), self.decision.confidence, 0, 1)

    def difference(self) -> Estimate:
        tables = self.labels, self.baseline, self.published, self.groups
        return of_difference("accuracy", *tables, self.decision, self.second)

    def p_value(self) -> float:
        """Return that of no difference to the baseline, by the test that is less sure of it."""
        gains = self.right.astype(np.float64) - (self.baseline.argmax(1) == self.labels)
        members = [numbered(known)[1] for known in (self.groups, self.second) if known is not None]
        flipped = [sign_flip.p_value(np.asarray(np.bincount(of, gains), np.float64)) for of in members]
        return max(p_value(self.difference()), *flipped)


class _Part(NamedTuple):
    by: str
    name: str
    inside: Rows
    test: _TestRows  # those inside


def sliced(
    labels: Labels,
    names: Sequence[str],
    baseline: Table,
    published: Table,
    groups: Groups,
    by: dict[str, Slicing],
    decision: Decision,
    second: Groups | None = None,
) -> Slices:
    """Return how the published model does by the user's columns, and apart from them by what every text has."""
    test = _TestRows(labels, baseline, published, groups, second, decision)
    columns, automatic = (
        _family(test, {name: slicing for name, slicing in by.items() if slicing.automatic == kind})
        for kind in (False, True)
    )
    return Slices(columns=columns, automatic=automatic, rare_classes=rare_classes(labels, names))


def rare_classes(labels: Labels, names: Sequence[str]) -> dict[str, int]:
    """Return the rows of each class that has fewer than 20."""
    rows = np.bincount(labels, minlength=len(names))
    return {name: int(count) for name, count in zip(names, rows, strict=True) if count < RARE}


def _family(test: _TestRows, by: dict[str, Slicing]) -> Family:
    """Return the slices of which p-values are corrected together. A slicing of one slice says nothing: left out."""
    judged: list[_Part] = []
    too_small = []
    for column, slicing in by.items():
        members = [slicing.member == number for number in range(len(slicing.names))]
        parts = [
            _Part(column, name, inside, test.of(inside))
            for name, inside in zip(slicing.names, members, strict=True)
            if inside.any() and not inside.all()
        ]
        judged += [part for part in parts if part.test.clusters >= FEWEST]
        small = [part for part in parts if part.test.clusters < FEWEST]
        too_small += [_listed(column, small)] if small else []
    slices = _compared(judged)
    worst = min(slices, key=lambda part: (part.accuracy.estimate, -part.rows), default=None)
    return Family(slices=slices, worst=worst, gaps=_gaps(test, judged, by), too_small=too_small)


def _listed(column: str, parts: Sequence[_Part]) -> TooSmall:
    rows = Counter({part.name: int(part.inside.sum()) for part in parts}).most_common()
    others = [count for _, count in rows[LISTED:]]
    return TooSmall(by=column, slices=dict(rows[:LISTED]), more=len(others), rows_of_more=sum(others))


def _compared(parts: Sequence[_Part]) -> list[Slice]:
    p_values = [part.test.p_value() for part in parts]
    return [
        Slice(
            by=part.by,
            slice=part.name,
            rows=int(part.inside.sum()),
            groups=part.test.clusters,
            accuracy=part.test.accuracy(),
            difference=_tested(part.test.difference(), part.test.decision.confidence, p, p_holm),
        )
        for part, p, p_holm in zip(parts, p_values, holm(p_values), strict=True)
    ]


def _tested(difference: Estimate, confidence: float, p: float, p_holm: float) -> Difference:
    return Difference(**with_interval(difference, confidence, -1, 1).model_dump(), p_value=p, p_holm=p_holm)


def _gaps(test: _TestRows, parts: Sequence[_Part], by: dict[str, Slicing]) -> list[Gap]:
    """Return by each column with two slices or more how far the worst lies below all other rows."""
    worst: list[_Part] = []
    tried: list[int] = []  # comparisons from which the worst was chosen: of two slices, one
    for column, slicing in by.items():
        choice = [part for part in parts if part.by == column]
        if len(choice) > 1:
            worst.append(min(choice, key=lambda part: (part.test.right.mean(), -part.inside.sum())))
            tried.append(1 if len(np.unique(slicing.member)) == 2 else len(choice))
    differences = [difference(test.right, part.inside, test.groups, test.second) for part in worst]
    p_values = [min(count * p_value(found), 1.0) for count, found in zip(tried, differences, strict=True)]
    levels = [1 - (1 - test.decision.confidence) / count for count in tried]
    return [
        Gap(
            by=part.by,
            slice=part.name,
            rows=int(part.inside.sum()),
            others=int((~part.inside).sum()),
            difference=_tested(found, level, p, p_holm),
        )
        for part, found, level, p, p_holm in zip(worst, differences, levels, p_values, holm(p_values), strict=True)
    ]

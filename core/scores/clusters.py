"""How far a figure would vary on other groups of rows, from what each row adds to it: its influence.

Every figure of the test set is a sum of influences to first order, so one variance serves all of them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.data.group_counts import effective

Groups = NDArray[np.str_]  # what each row shares with others: its cluster
Labels = NDArray[np.int64]
Table = NDArray[np.float64]
NOTHING = 1e-30  # the square of what a row adds where all rows are alike: what rounding leaves of 0


class Influence(NamedTuple):
    """What each row adds to a figure; these sum to 0.

    `right` and `wrong` say what one more row would add that is predicted right, or wrong, by class: shape (classes,),
    or (1,) where a figure is a mean over all rows alike.
    """

    value: float
    rows: Table
    classes: Labels  # of each row, by number: its label, or 0 for every row where classes do not matter
    right: Table
    wrong: Table
    added: float  # how many such rows the interval gets in all, half of them right
    of_class: bool = True  # whether a row weighs by the rows of its class, not by all rows
    bias: float = 0.0  # what the figure has too much on average, of so few rows


class Spread(NamedTuple):
    """How far the middle of a figure's interval lies from its value, and its standard error with its freedom."""

    shift: float
    error: float
    freedom: float


Pseudo = tuple[float, Table]  # a weight, and what a row adds by class


def numbered(groups: Groups) -> tuple[int, Labels]:
    """Return how many groups there are, and the number of each row's group."""
    names, member = np.unique(groups, return_inverse=True)
    return len(names), member


def of_mean(values: Table, right: float, wrong: float) -> Influence:
    """Return what rows add to their mean; one more row has the value `right` or `wrong`, each in half of the cases."""
    mean, rows = float(values.mean()), len(values)
    add, lose = (np.array([known - mean]) / rows for known in (right, wrong))
    return Influence(mean, (values - mean) / rows, np.zeros(rows, dtype=np.int64), add, lose, added=1.0)


def spread(influence: Influence, groups: Groups, second: Groups | None = None) -> Spread:
    """Return how far a figure would vary.

    A second grouping, where rows share more than the first: Cameron, Gelbach & Miller, Journal of Business & Economic
    Statistics 29 (2011).
    """
    return _spread(influence, [(0.5, influence.right), (0.5, influence.wrong)], groups, second)


def spread_of_difference(before: Influence, after: Influence, groups: Groups, second: Groups | None = None) -> Spread:
    """Return how far the second figure minus the first, of the same rows, would vary.

    A row that is added has each side right in half of the cases, whatever the other does.
    """
    pairs = [(0.25, right - left) for right in (after.right, after.wrong) for left in (before.right, before.wrong)]
    change = after._replace(rows=after.rows - before.rows, bias=after.bias - before.bias)
    return _spread(change, pairs, groups, second)


def _spread(influence: Influence, pseudo: Sequence[Pseudo], groups: Groups, second: Groups | None) -> Spread:
    """Return the spread of the rows and of two pseudo-groups, so that few or perfect rows cannot seem certain.

    A pseudo-group has as many rows as count for one: the design effect, at most the mean size of a group. It goes to
    all classes in equal parts. After Agresti & Caffo, The American Statistician 54 (2000), and Bonett & Price, Journal
    of Educational and Behavioral Statistics 37 (2012), who add two rows.
    """
    found = [_Grouped.of(influence, known) for known in (groups, second) if known is not None]
    if any(grouped.number == 1 for grouped in found):
        return Spread(0.0, np.inf, 1.0)
    variance = found[0].variance
    if second is not None:
        (_, first), (count, other) = numbered(groups), numbered(second)
        shared = _Grouped.of(influence, (first * count + other).astype(np.str_)).variance
        variance = max(variance + found[1].variance - shared, variance, found[1].variance)
    size = _pseudo_size(variance, influence.rows, found)
    rows = np.bincount(influence.classes, minlength=len(influence.right))
    weight = influence.added / len(influence.right)
    scale = size * rows / (rows + size)
    shift = sum(weight * share * (scale * adds).sum() for share, adds in pseudo) - influence.bias
    added = sum((weight * share * (scale * adds) ** 2 for share, adds in pseudo), np.zeros(len(rows)))
    freedom = min(grouped.freedom(added) for grouped in found)
    return Spread(float(shift), float(np.sqrt(variance + added.sum())), freedom)


def _pseudo_size(variance: float, rows: Table, found: Sequence["_Grouped"]) -> Table:
    """Return by class how many rows of a group tell as much as one row alone: the design effect. Kish (1965)."""
    mean_size = np.max([grouped.mean_size for grouped in found], axis=0)
    alone = float((rows**2).sum())
    adds = alone > NOTHING * len(rows)
    return np.asarray(np.clip(variance / alone if adds else np.inf, 1, mean_size))


class _Grouped(NamedTuple):
    number: int
    variance: float
    by_class: Table  # the variance that each class has alone
    groups: Table  # effective number of those that hold each class
    all_groups: float  # effective number
    mean_size: Table  # rows of each class in a group that holds it

    @classmethod
    def of(cls, influence: Influence, groups: Groups) -> "_Grouped":
        """Return the variance of a sum over groups, each as if it were left out.

        Without the factor (groups - 1) / groups, which makes it a little large with few groups: CR3 of Bell &
        McCaffrey, Survey Methodology 28 (2002).
        """
        count, member = numbered(groups)
        classes = len(influence.right)
        cell = member * classes + influence.classes
        sizes = np.bincount(cell, minlength=count * classes).reshape(count, classes).astype(np.float64)
        sums = np.bincount(cell, influence.rows, count * classes).reshape(count, classes)
        of_all = sizes.sum(1, keepdims=True)
        held = sizes / np.maximum(sizes.sum(0), 1) if influence.of_class else of_all / of_all.sum()
        left_out = sums / (1 - np.minimum(held, 0.5))  # of a class that one group has nearly alone, half counts
        return cls(
            count,
            float((left_out.sum(1) ** 2).sum()),
            (left_out**2).sum(0),
            effective(sizes),
            float(effective(of_all)[0]),
            np.maximum(sizes.sum(0) / np.maximum((sizes > 0).sum(0), 1), 1),
        )

    def freedom(self, added: Table) -> float:
        """Return the degrees of freedom: those of the classes, each by its groups, at most those of all groups.

        Satterthwaite, Biometrics Bulletin 2 (1946).
        """
        by_class = self.by_class + added
        uncertain = (by_class**2 / np.maximum(self.groups - 1, 1)).sum()
        return max(min(float(by_class.sum() ** 2 / uncertain) if uncertain else np.inf, self.all_groups - 1), 1.0)

"""How one table becomes train, validation and test."""

import warnings
from fractions import Fraction

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from core.base.errors import UserError
from core.data.splits import SPLITS
from tasks.validation.params import Split


def split(labels: pd.Series, groups: pd.Series, shares: Split) -> pd.Series:
    """Return each row's split: stratified by label, no group in two splits, the same for the same seed.

    Raises UserError where there are fewer groups than splits.
    """
    count = _count(groups)
    if groups.notna().any() and count < len(SPLITS):
        raise UserError(
            f"validation.group: the rows form {count} of at least {len(SPLITS)} groups, one for each split: set it to "
            "another column in params.yaml, or to null if rows that share a value may part, or bring a file for each "
            "split"
        )
    names = pd.Series("train", index=labels.index, dtype="str")
    names[_held_out(labels, groups, shares.test, shares.seed)] = "test"
    rest = names == "train"
    remaining = shares.validation / (1 - shares.test)
    names[_held_out(labels[rest], groups[rest], remaining, shares.seed)] = "validation"
    return names


def _held_out(labels: pd.Series, groups: pd.Series, share: float, seed: int) -> pd.Index:
    largest_class = int(labels.value_counts().max()) if len(labels) else 0
    most = min(largest_class, _count(groups))
    if most < 2:
        return labels.index[:0]  # nothing to stratify; the minimum of rows per class will say so
    part = _fraction(share, most)
    folds = _folds(part.denominator, labels, groups, seed)
    return labels.index[np.sort(np.concatenate(folds[: part.numerator]))]


def _fraction(share: float, most: int) -> Fraction:
    """Return the share as folds to take out of all folds, of which there are at most `most`."""
    most = min(most, max(20, round(1 / share)))
    part = Fraction(share).limit_denominator(most)
    return min(max(part, Fraction(1, most)), Fraction(most - 1, most))


def _folds(count: int, labels: pd.Series, groups: pd.Series, seed: int) -> list[np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class smaller than the folds is reported as a problem later
        if groups.isna().all():
            # The same stratification where each row is its own group: 0.02 s instead of 14 s for 50 000 rows.
            plain = StratifiedKFold(count, shuffle=True, random_state=seed)
            return [held for _, held in plain.split(labels, labels)]
        grouped = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        return [held for _, held in grouped.split(labels, labels, _group_numbers(groups))]


def _count(groups: pd.Series) -> int:
    return len(np.unique(_group_numbers(groups)))


def _group_numbers(groups: pd.Series) -> np.ndarray:
    """Return a number per group; a row without a group is a group of its own."""
    numbers = pd.factorize(groups)[0]
    return np.where(numbers >= 0, numbers, len(groups) + np.arange(len(groups)))

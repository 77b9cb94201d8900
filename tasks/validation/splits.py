"""How one table becomes train, validation and test: by the row itself, so that more rows leave it where it is."""

import hashlib
from bisect import bisect
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise, product

import pandas as pd

from core.base.errors import UserError
from core.data.sameness import key
from core.data.splits import SPLITS
from tasks.validation.params import Split

ORDER = ("test", "validation", "train")  # from the place 0 to the place 1


def split(rows: pd.DataFrame, shares: Split, least: Mapping[str, int]) -> pd.DataFrame:
    """Return each row's `split`, and whether it was `moved` there, by the columns key, label and group.

    A hash of its group, else of its text, is a row's place between 0 and 1, which falls into the share of a split. Of
    classes that then have fewer rows in a split than `least` asks, the nearest rows move there, groups as wholes, so
    long as others keep their minimum. Such rows may move again when rows of their class are added; all others stay.
    Raises UserError where there are fewer groups than splits.
    """
    units = rows["key"].where(rows["group"].isna(), rows["group"].map(key, na_action="ignore").astype("str"))
    if rows["group"].notna().any() and (count := units.nunique()) < len(SPLITS):
        raise UserError(
            f"validation.group: the rows form {count} of at least {len(SPLITS)} groups, one for each split: set it to "
            "another column in params.yaml, or to null if rows that share a value may part, or bring a file for each "
            "split"
        )
    place = {unit: _place(unit, shares.seed) for unit in units.unique()}
    ends = [0.0, shares.test, shares.test + shares.validation, 1.0]
    own = units.map({unit: ORDER[bisect(ends, at) - 1] for unit, at in place.items()})
    bounds = dict(zip(ORDER, pairwise(ends), strict=True))
    moves = _moves(rows.assign(split=own, unit=units, place=units.map(place)), bounds, least)
    moved = units.isin(moves)
    return pd.DataFrame({"split": own.mask(moved, units.map(moves).astype("str")).astype("str"), "moved": moved})


def far_from_shares(rows: Mapping[str, int], shares: Split) -> list[str]:
    """Return a warning for each split that has less than half or more than twice the share of rows asked for."""
    asked = {"train": 1 - shares.validation - shares.test, "validation": shares.validation, "test": shares.test}
    return [
        f"warning: {split} has {count} of {sum(rows.values())} usable rows, where validation.split asks "
        f"{asked[split]:.0%}: few rows, or few and large groups, leave much to chance; another validation.split.seed "
        "in params.yaml draws another split"
        for split, count in rows.items()
        if not asked[split] / 2 <= count / max(sum(rows.values()), 1) <= 2 * asked[split]
    ]


def _place(unit: str, seed: int) -> float:
    """Return a number from 0 to less than 1."""
    digest = hashlib.sha256(f"{seed}\n{unit}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53  # as many bits as a float holds


def _moves(rows: pd.DataFrame, bounds: Mapping[str, tuple[float, float]], least: Mapping[str, int]) -> dict[str, str]:
    """Return the units that move, each with its new split, so that classes with rows enough meet each minimum."""
    totals, counts = Counter(rows["label"].dropna()), Counter(zip(rows["label"], rows["split"], strict=True))
    enough = [label for label, total in reversed(totals.most_common()) if total >= sum(least.values())]
    short = [label for label in enough if any(counts[label, name] < least[name] for name in ORDER)]
    concerned = rows[rows["unit"].isin(rows.loc[rows["label"].isin(short), "unit"])]
    labels_of = {str(unit): Counter(of_unit["label"].dropna()) for unit, of_unit in concerned.groupby("unit")}
    place: dict[str, float] = dict(zip(concerned["unit"], concerned["place"], strict=True))
    now: dict[str, str] = dict(zip(concerned["unit"], concerned["split"], strict=True))
    moves: dict[str, str] = {}
    for name, label in product(ORDER, short):
        low, high = bounds[name]
        holders = (unit for unit, labels in labels_of.items() if labels[label] and now[unit] != name)
        for unit in sorted(holders, key=lambda unit: max(low - place[unit], place[unit] - high)):
            if counts[label, name] >= least[name]:
                break
            labels, left = labels_of[unit], now[unit]
            if all(counts[other, left] - labels[other] >= least[left] for other in labels if other in enough):
                counts.subtract({(other, left): many for other, many in labels.items()})
                counts.update({(other, name): many for other, many in labels.items()})
                now[unit] = moves[unit] = name
    return moves

"""What to do where there are too few rows: of any class, of two classes, or of one class in one split."""

import pandas as pd

from core.base import paths
from core.base.messages import capped, listed, shortened
from core.data.splits import SPLITS
from tasks.validation.params import Validation
from tasks.validation.quarantine import RARE
from tasks.validation.rare import rare_classes


def problems(rows: pd.DataFrame, settings: Validation, labels: list[str], split_here: bool) -> list[str]:
    """Return what the usable rows lack, each with a way out that exists; nothing where they are enough."""
    usable = rows[rows["reason"].isna()]
    classes = usable["label"].dropna().unique()
    if len(classes) < 2 and (rows["reason"] == RARE).any():
        return [_all_left_out(rows, len(classes))]
    if usable.empty:
        counts = ", ".join(f"{count} {reason}" for reason, count in rows["reason"].value_counts().items())
        return [
            f"column {' and '.join(settings.texts)}: none of {len(rows)} rows can be used ({counts}), see "
            f"{paths.QUARANTINE}: set validation.text in params.yaml to the column that holds the texts"
        ]
    if len(classes) < 2:
        return [
            f"column {settings.label}: at least two classes are needed, and the usable rows have {len(classes)} "
            f"({', '.join(map(shortened, classes)) or 'no label at all'}): add rows of another class, "
            "or set validation.label in params.yaml to the column that holds the labels"
        ]
    if split_here:
        return capped(_of_one_file(rows, settings, labels))
    return capped([problem for split in SPLITS for problem in _of_split(rows, split, settings, labels)])


def _all_left_out(rows: pd.DataFrame, left: int) -> str:
    rare = [shortened(label) for label in rows.loc[rows["reason"] == RARE, "label"].unique()]
    return (
        f"validation.rare is leave_out, and {left} of at least two classes are left, for {listed(rare)} have too few "
        f"rows: add rows, {'set it to merge, ' * left}or lower validation.minimum_rows in params.yaml"
    )


def _of_split(rows: pd.DataFrame, split: str, settings: Validation, labels: list[str]) -> list[str]:
    least = getattr(settings.minimum_rows, split)
    inside, usable = rows["split"] == split, rows["reason"].isna()
    count = rows.loc[inside & usable, "label"].value_counts()
    return [
        f"{split} has {(found := int(count.get(label, 0)))} of at least {least} usable rows of {shortened(label)}"
        f"{_in_quarantine(rows[inside], label)}: add rows, "
        + (f"lower validation.minimum_rows.{split} to {found} in params.yaml, " if found else "")
        + _without(settings)
        for label in labels
        if count.get(label, 0) < least
    ]


def _of_one_file(rows: pd.DataFrame, settings: Validation, labels: list[str]) -> list[str]:
    """Return a problem for each class that cannot have its minimum in each split, with the groups that hold it."""
    least = settings.minimum_rows.model_dump()
    asked = f"{sum(least.values())} ({', '.join(f'{split} {rows}' for split, rows in least.items())})"
    found = []
    for label in rare_classes(rows, labels, settings):
        of_class = rows[rows["reason"].isna() & (rows["label"] == label)]
        count, groups = len(of_class), of_class["group"].dropna().unique()
        has = f"{count} usable rows of {shortened(label)}{_in_quarantine(rows, label)}"
        parts = len(groups) + int(of_class["group"].isna().sum())
        if count < sum(least.values()) and (parts >= len(SPLITS) or not len(groups)):
            lower = f"lower these to {count} together in params.yaml, " if parts >= len(SPLITS) else ""
            found.append(
                f"the file has {has}, and validation.minimum_rows asks {asked}: add rows, {lower}{_without(settings)}"
            )
        else:
            got = ", ".join(f"{split} {(of_class['split'] == split).sum()} of {least[split]}" for split in SPLITS)
            found.append(
                f"the {has} are of {len(groups)} {'group' if len(groups) == 1 else 'groups'} "
                f"({listed([shortened(group) for group in groups])}) that stay whole, so that of "
                f"validation.minimum_rows there are {got}: add rows of other groups, {_without(settings)}"
            )
    return found


def _in_quarantine(rows: pd.DataFrame, label: str) -> str:
    quarantined = int((rows["reason"].notna() & (rows["label"] == label)).sum())
    return f" ({quarantined} quarantined, see {paths.QUARANTINE})" if quarantined else ""


def _without(settings: Validation) -> str:
    """Return the way out for classes with too few rows: leave them out, or merge them."""
    if settings.rare == "merge":  # even what was merged is too little
        return "or set validation.rare to leave_out"
    return "or set validation.rare to leave_out, or to merge, which makes all such classes one"

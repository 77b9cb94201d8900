"""Labels, and values that rows share or are sliced by, which are one by their key but not by their bytes.

And labels that no report can show.
"""

import re
from collections.abc import Iterator

import pandas as pd

from core.base.messages import capped, shortened
from core.data.sameness import key
from core.data.texts import CLUSTER, SLICE
from tasks.validation.params import Validation

# XML, so SVG, has no way to write most of these; the last ones turn what follows them around.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\u2028-\u202e\u2066-\u2069]")


def problems(rows: pd.DataFrame, settings: Validation) -> list[str]:
    """Return what is wrong with how labels, groups, clusters and slices are spelled, each kind capped."""
    shared = {"group": settings.group, CLUSTER: settings.cluster}
    slices = {f"{SLICE}{name}": name for name in settings.slices if name not in shared.values()}
    unwritable = rows[rows["label"].isin([label for label in rows["label"].dropna().unique() if _is_unwritable(label)])]
    return [
        *capped(list(_unwritable(unwritable, settings.label))),
        *capped(list(_in_several_spellings(rows.drop(unwritable.index), "label", settings.label))),
        *(
            problem
            for kind, column in (shared | slices).items()
            if column is not None
            for problem in capped(list(_in_several_spellings(rows, kind, column)))
        ),
    ]


def _is_unwritable(label: str) -> bool:
    return UNWRITABLE.search(label) is not None or not key(label)


def _unwritable(rows: pd.DataFrame, column: str) -> Iterator[str]:
    for label, alike in rows.groupby("label"):
        yield (
            f"{_place(alike)}, column {column}: label {visible(str(label))} holds what no report can show: "
            f"write it without control characters{_more(alike)}"
        )


def _in_several_spellings(rows: pd.DataFrame, kind: str, column: str) -> Iterator[str]:
    spelled = rows[rows[kind].notna()]
    key_of = {value: key(value) for value in spelled[kind].unique()}
    spelled = spelled.assign(key=spelled[kind].map(key_of))
    several = spelled.groupby("key")[kind].transform("nunique") > 1
    for _, same in spelled[several].groupby("key", sort=False):
        first, *others = (alike for _, alike in same.groupby(kind, sort=False))
        written = ", ".join(f"{visible(other[kind].iloc[0])} at {_place(other)}{_more(other)}" for other in others)
        what = kind.partition(" ")[0]  # of a slice, whose column's name follows
        yield (
            f"{_place(first)}, column {column}: {what} {visible(first[kind].iloc[0])}{_more(first)} is the same as "
            f"{written}, but for its spelling{_spans(same, kind)}: write one of them everywhere, or, where they are "
            "not the same, let them differ in more than case, spaces, punctuation or zeros"
        )


def _spans(same: pd.DataFrame, kind: str) -> str:
    splits = same["split"].dropna().unique()
    return f", and spans {', '.join(splits)}" if kind == "group" and len(splits) > 1 else ""


def _place(rows: pd.DataFrame) -> str:
    return f"{rows['place'].iloc[0]} ({rows['row_id'].iloc[0]})"


def _more(rows: pd.DataFrame) -> str:
    return f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""


def visible(value: str) -> str:
    """Return the value in quotes, so that two spellings never look alike: accents apart, dashes and quotes by code."""
    return "".join(
        character if character.isascii() or character.isalnum() else character.encode("unicode_escape").decode()
        for character in shortened(value)
    )

"""The rows that two models are compared on: their labels, and what they share."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from core.base import paths
from core.base.errors import UserError
from core.base.messages import listed
from core.data import given_tables, validation_counts
from core.data.sameness import key, row_keys
from core.data.texts import sides
from core.scores.statistics import Groups

GROUP, CLUSTER = "group", "cluster"
WHOLE = re.compile(r"-?[0-9]+")


class Columns(NamedTuple):
    """How the table names what is read; None: by its own name, where it has such a column."""

    row_id: str
    label: str
    group: str | None
    cluster: str | None


class Labelled(NamedTuple):
    """Rows and their labels."""

    row_ids: list[str]
    labels: list[str]
    groups: Groups
    clusters: Groups | None
    texts: list[str] | None = None  # what each row's text is the same by; None without columns of texts


def read(path: Path, columns: Columns) -> Labelled:
    """Return the rows of a file. Raises UserError where a label is missing, or written in two ways."""
    rows = given_tables.table(path, columns.row_id)
    wanted = [columns.label, *filter(None, (columns.group, columns.cluster))]
    if unknown := [name for name in wanted if name not in rows]:
        raise UserError(f"{path} has no column {unknown[0]!r}; it has {listed([repr(name) for name in rows], 10)}")
    problems = []
    if twice := list(dict.fromkeys(rows.index[rows.index.duplicated()])):
        problems.append(f"{path} has {len(twice)} {columns.row_id}s more than once ({listed(twice)}): leave a row each")
    labels = given_tables.texts(rows[columns.label])
    if empty := [row_id for row_id, label in zip(rows.index, labels, strict=True) if not key(label)]:
        problems.append(f"{path} has no label for {len(empty)} rows ({listed(empty)}): write it, or leave them out")
    problems += [f"{path} writes one label as {both}: write it one way" for both in _spellings(labels)]
    if problems:
        raise UserError(*problems)
    clusters = _shared(rows, columns.cluster, CLUSTER)
    return Labelled(list(rows.index), labels, _groups(rows, columns), clusters, _text_keys(rows))


def class_names(labels: Sequence[str]) -> list[str]:
    """Return the classes that occur, in the project's order of them where it knows all of these.

    Else in order: of whole numbers by their value, for "10" comes after "2".
    """
    ordered = validation_counts.read().labels if paths.VALIDATION_COUNTS.exists() else []
    if set(labels) <= set(ordered):
        return ordered
    names = sorted(set(labels))
    return sorted(names, key=int) if all(map(WHOLE.fullmatch, names)) else names


def ordered_names(labels: Sequence[str], known: Sequence[str] | None) -> list[str]:
    """Return the classes from the lowest to the highest, for a metric that needs an order, as params.yaml knows them.

    Raises UserError where it does not know all that occur: that of their names would be an order by chance.
    """
    if unknown := sorted(set(labels) - set(known or [])):
        raise UserError(
            f"weighted kappa needs an order of the classes, and validation.labels of {paths.PARAMS} does not name "
            f"{listed(list(map(repr, unknown)), 10)}: set it to the labels, from the lowest to the highest, or choose "
            "another metric, `--primary balanced_accuracy`"
        )
    return list(known or [])


def _spellings(labels: Sequence[str]) -> list[str]:
    by_key: dict[str, list[str]] = {}
    for label in dict.fromkeys(labels):
        by_key.setdefault(key(label), []).append(repr(label))
    return [" and ".join(spelled) for spelled in by_key.values() if len(spelled) > 1]


def _text_keys(rows: pd.DataFrame) -> list[str] | None:
    read = {side: given_tables.texts(rows[side]) for side in sides(rows)}
    return row_keys(pd.DataFrame(read)).fillna("").tolist() if read else None


def _groups(rows: pd.DataFrame, columns: Columns) -> Groups:
    shared = _shared(rows, columns.group, GROUP)
    return rows.index.to_numpy(dtype=str) if shared is None else shared


def _shared(rows: pd.DataFrame, asked: str | None, usual: str) -> Groups | None:
    """Return what each row shares with others, or where it shares nothing its own row_id; None without a column."""
    if (asked or usual) not in rows:
        return None
    values = given_tables.texts(rows[asked or usual])
    return pd.Series([value or row for value, row in zip(values, rows.index, strict=True)]).to_numpy(dtype=str)

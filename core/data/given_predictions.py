"""Predictions from anywhere: each row's row_id, with a class or with a probability for each class.

Probabilities are a column for each class, by its name, or one of lists, `probabilities`, in the order of the classes.
Of a table of several models, `FILE:MODEL` names one.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.base.errors import UserError
from core.base.messages import capped, listed, shortened
from core.data.given_tables import ROW_ID, table, texts
from core.data.predictions import SUM
from core.data.sameness import key

MODEL, CLASS, PROBABILITIES = "model", "class", "probabilities"
OF_CLASS = "probability of {}"  # as `tasks.predict` names a column where the class's own name is another column's


class Given(NamedTuple):
    """One model's predictions."""

    name: str  # as it was asked for
    rows: pd.DataFrame  # by row_id


class Answers(NamedTuple):
    """What a model says of some rows."""

    probabilities: NDArray[np.float64]  # shape (rows, classes)
    classes_alone: bool  # whether each row's class alone was given; its probability is 1


def read(source: str, row_id: str = ROW_ID, of_class: str = CLASS) -> Given:
    """Return one model's predictions; `of_class` is the column of classes.

    Raises UserError where the file is none, or is not of one model.
    """
    path, model = _parted(source)
    rows = table(path, row_id)
    if MODEL in rows:
        models = list(dict.fromkeys(map(str, rows[MODEL])))
        if model is None and len(models) > 1 or model is not None and model not in models:
            raise UserError(
                f"{path} has the predictions of {listed(models, 10)}: name one of them, '{path}:{models[0]}'"
            )
        rows = rows[rows[MODEL].map(str) == (model or models[0])]
    elif model is not None:
        raise UserError(f"{path} has no column {MODEL!r}, of which {model!r} could be one")
    if of_class not in (CLASS, *rows):
        raise UserError(f"{path} has no column {of_class!r}; it has {listed([repr(name) for name in rows], 10)}")
    if twice := list(dict.fromkeys(rows.index[rows.index.duplicated()])):
        raise UserError(
            f"{source} has more than one prediction for {len(twice)} rows ({listed(twice)}): leave one each"
        )
    return Given(source, rows if of_class == CLASS else rows.assign(**{CLASS: rows[of_class]}))


def _parted(source: str) -> tuple[Path, str | None]:
    path, _, model = source.rpartition(":")
    return (Path(path), model) if not Path(source).exists() and Path(path).is_file() else (Path(source), None)


def unknown(given: Given, row_ids: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Return the classes that are none of those named, with how many of the rows are said to be of each."""
    known = {key(name) for name in names}
    alone = not _columns(given, names)
    return Counter(said for said in _classes(given, row_ids) if key(said) not in known) if alone else {}


def answers(given: Given, row_ids: Sequence[str], names: Sequence[str], others: bool = False) -> Answers:
    """Return what is said of the rows named, in that order, for the classes named.

    With `others`, one more class has the rows whose class is none of those named. Raises UserError where a row has no
    prediction or such a class, and where probabilities are none.
    """
    if missing := [row for row in row_ids if row not in given.rows.index]:
        theirs = f"; its own are {listed(list(given.rows.index))}" if len(missing) == len(row_ids) else ""
        raise UserError(
            f"{given.name} has no prediction for {len(missing)} of {len(row_ids)} rows ({listed(missing)}{theirs}): "
            "add them, under the same row_ids"
        )
    columns = _columns(given, names)
    if not columns and CLASS not in given.rows:
        raise UserError(
            f"{given.name} has neither a column {CLASS!r} nor one for each of {listed(list(names), 10)}: it has "
            f"{listed([repr(name) for name in given.rows], 10)}"
        )
    if not others and (counts := unknown(given, row_ids, names)):
        said = ", ".join(f"{shortened(name)} of {count} rows" for name, count in counts.items())
        raise UserError(f"{given.name} says {said}, and the classes are {listed(list(names), 10)}: write one of these")
    places = {key(name): place for place, name in enumerate(names)}
    classes = np.array([places.get(key(said), len(names)) for said in _classes(given, row_ids)], dtype=np.int64)
    if not columns:
        return Answers(np.eye(len(names) + others)[classes], classes_alone=True)
    probabilities = _probabilities(given, row_ids, columns, len(names))
    problems = [*_unsound(given, row_ids, probabilities), *_otherwise(given, row_ids, probabilities, classes)]
    if problems:
        raise UserError(*capped(problems))
    return Answers(np.pad(probabilities, ((0, 0), (0, int(others)))), classes_alone=False)


def _classes(given: Given, row_ids: Sequence[str]) -> list[str]:
    """Return the class that each row is said to be of; none where the file has no such column.

    A list of one answer, as tools write that ask a language model, is that answer.
    """
    if CLASS not in given.rows:
        return []
    said = given.rows[CLASS].loc[[row for row in row_ids if row in given.rows.index]]
    return texts(said.map(lambda value: value[0] if isinstance(value, list) and len(value) == 1 else value))


def _columns(given: Given, names: Sequence[str]) -> list[Any]:
    """Return the columns of probabilities in the order of the classes, or the one of lists; none of classes alone.

    Raises UserError where two columns could be a class's.
    """
    by_key: dict[str, list[Any]] = {}
    for column in given.rows:
        if column not in (ROW_ID, CLASS):
            by_key.setdefault(key(str(column)), []).append(column)
    found = [by_key.get(key(OF_CLASS.format(name))) or by_key.get(key(name), []) for name in names]
    if several := [listed(list(map(repr, columns))) for columns in found if len(columns) > 1]:
        raise UserError(*(f"{given.name} has the columns {each} for one class: leave one of them" for each in several))
    if all(found):
        return [column for (column,) in found]
    return [PROBABILITIES] if PROBABILITIES in given.rows else []


def _probabilities(given: Given, row_ids: Sequence[str], columns: Sequence[str], classes: int) -> NDArray[np.float64]:
    values = given.rows.loc[list(row_ids), list(columns)].to_numpy()
    rows = [row[0] if columns == [PROBABILITIES] else row for row in values]
    found = [_numbers(row, classes) for row in rows]
    if wrong := [f"{row_ids[place]}: {shortened(str(rows[place]))}" for place, row in enumerate(found) if row is None]:
        raise UserError(
            f"{given.name} has no probabilities for {len(wrong)} rows, which are a number for each of {classes} "
            f"classes ({listed(wrong, 2)}): write them, a column for each class"
        )
    return np.array(found, dtype=np.float64)


def _numbers(row: Any, classes: int) -> NDArray[np.float64] | None:
    """Return the numbers of a row, and None where they are none, or not one for each class."""
    try:
        found = np.asarray(row, dtype=np.float64)
    except (ValueError, TypeError):
        return None
    return found if found.shape == (classes,) else None


def _unsound(given: Given, row_ids: Sequence[str], table: NDArray[np.float64]) -> list[str]:
    sound = (table >= 0).all(1) & (np.abs(table.sum(1) - 1) < SUM)
    rest = ((table >= 0).all(1) & (table.sum(1) < 1 + SUM)).all()
    hint = f". Where the rest is of other classes, write a column {CLASS!r} in place of them" if rest else ""
    return [
        f"{given.name}: the probabilities of {row_ids[row]} are {', '.join(f'{value:g}' for value in table[row])}: "
        f"each is 0 or more, and together they are 1{hint}"
        for row in np.flatnonzero(~sound).tolist()
    ]


def _otherwise(
    given: Given, row_ids: Sequence[str], table: NDArray[np.float64], classes: NDArray[np.int64]
) -> list[str]:
    """Return the rows whose class is not their most probable one, which is what they are scored by."""
    said = _classes(given, row_ids)
    differ = np.flatnonzero(table.argmax(1) != classes).tolist() if said else []
    return [
        f"{given.name}: {row_ids[row]} has the class {said[row]!r}, which is not its most probable one: leave the "
        f"column {CLASS!r} out, or the probabilities"
        for row in differ
    ]

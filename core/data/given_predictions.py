"""Tables of predictions from anywhere: each row's row_id, with a class or with a probability for each class.

CSV, tab-separated, JSON Lines or Parquet. Probabilities are a column for each class, by its name, or one of lists,
`probabilities`, in the order of the classes. Of a table of several models, `FILE:MODEL` names one.
"""

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.base.errors import UserError
from core.base.messages import capped, listed, shortened
from core.data.sameness import key

ROW_ID, MODEL, CLASS, PROBABILITIES = "row_id", "model", "class", "probabilities"
SUM = 1e-3  # how far from 1 the probabilities of a row may sum, by rounding
SEPARATORS = {".csv": ",", ".tsv": "\t"}


class Given(NamedTuple):
    """One model's predictions."""

    name: str  # as it was asked for
    rows: pd.DataFrame  # by row_id


class Answers(NamedTuple):
    """What a model says of some rows."""

    probabilities: NDArray[np.float64]  # shape (rows, classes)
    classes_alone: bool  # whether each row's class alone was given; its probability is 1


def read(source: str, row_id: str = ROW_ID) -> Given:
    """Return one model's predictions. Raises UserError where the file is none, or is not of one model."""
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
    if twice := list(dict.fromkeys(rows.index[rows.index.duplicated()])):
        raise UserError(
            f"{source} has more than one prediction for {len(twice)} rows ({listed(twice)}): leave one each"
        )
    return Given(source, rows)


def _parted(source: str) -> tuple[Path, str | None]:
    path, _, model = source.rpartition(":")
    return (Path(path), model) if not Path(source).exists() and Path(path).is_file() else (Path(source), None)


def table(path: Path, row_id: str = ROW_ID) -> pd.DataFrame:
    """Return the rows of a file by their row_ids, which are text. Raises UserError where it has none."""
    try:
        rows = _rows(path)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: name a file of this machine") from None
    except (OSError, ValueError, pa.ArrowException) as error:
        raise UserError(f"{path} cannot be read ({' '.join(str(error).split())}): write or copy it again") from None
    if row_id not in rows:
        raise UserError(f"{path} has no column {row_id!r}; it has {listed([repr(name) for name in rows], 10)}")
    if rows.empty:
        raise UserError(f"{path} has no rows")
    return rows.set_index(rows[row_id].map(str))


def _rows(path: Path) -> pd.DataFrame:
    kind = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if kind in SEPARATORS:
        return pd.read_csv(path, sep=SEPARATORS[kind], dtype=str, keep_default_na=False, encoding="utf-8-sig")
    if kind == ".jsonl":
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = [line for line in content.decode("utf-8-sig").split("\n") if line.strip()]
        return pd.DataFrame([json.loads(line) for line in lines], dtype=object)
    if kind == ".parquet":
        return pd.DataFrame(pq.read_table(path, partitioning=None).to_pydict(), dtype=object)
    raise ValueError("its name ends in none of .csv, .tsv, .jsonl and .parquet, nor in .csv.gz and the like")


def texts(values: pd.Series) -> list[str]:
    """Return the values of a column as text; what is missing is empty."""
    return ["" if value is None or value != value else str(value) for value in values]


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
        raise UserError(
            f"{given.name} has no prediction for {len(missing)} of {len(row_ids)} rows ({listed(missing)}): add them"
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
    """Return the class that each row is said to be of; none where the file has no such column."""
    known = [row for row in row_ids if row in given.rows.index]
    return texts(given.rows[CLASS].loc[known]) if CLASS in given.rows else []


def _columns(given: Given, names: Sequence[str]) -> list[Any]:
    """Return the columns of probabilities in the order of the classes, or the one of lists; none of classes alone."""
    of_class = {key(str(column)): column for column in given.rows}
    found = [of_class[key(name)] for name in names if key(name) in of_class]
    if len(found) == len(names):
        return found
    return [PROBABILITIES] if PROBABILITIES in given.rows else []


def _probabilities(given: Given, row_ids: Sequence[str], columns: Sequence[str], classes: int) -> NDArray[np.float64]:
    values = given.rows.loc[list(row_ids), list(columns)]
    try:
        table = np.array([row[0] if columns == [PROBABILITIES] else row for row in values.to_numpy()], dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise UserError(f"{given.name}: the column {columns[0]!r} holds no probabilities ({error})") from None
    if table.shape != (len(row_ids), classes):
        raise UserError(
            f"{given.name}: {PROBABILITIES!r} does not hold one for each of {classes} classes in every row: name a "
            "column for each class"
        )
    return table


def _unsound(given: Given, row_ids: Sequence[str], table: NDArray[np.float64]) -> list[str]:
    sound = (table >= 0).all(1) & (np.abs(table.sum(1) - 1) < SUM)
    return [
        f"{given.name}: the probabilities of {row_ids[row]} are {', '.join(f'{value:g}' for value in table[row])}: "
        "each is 0 or more, and together they are 1"
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

"""What the published model says of new texts, as a table: a class, its probability, and whether a person decides."""

import json
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.base.errors import UserError
from core.base.files import replacing
from core.data.published import Published
from core.data.sameness import key
from core.scores.calibration import tempered

OWN = ("row_id", "class", "confidence", "calibrated", "to_person")  # columns
FORMATS = (".csv", ".jsonl", ".parquet")


def table(
    row_ids: Sequence[str],
    usable: NDArray[np.bool_],
    names: Sequence[str],
    probabilities: NDArray[np.float64],
    published: Published,
) -> pd.DataFrame:
    """Return a row for each text: what stands in OWN, then the probability of each class in a column of its name.

    `probabilities` are those of the usable texts. The others have no class, and go to a person, as all do where nothing
    can be left to the model. `confidence` is the probability of the class, by which that is decided; `calibrated` is
    the same with the temperature.
    """
    taken = {key(name) for name in OWN} & {key(name) for name in names}
    columns = [f"probability of {name}" for name in names] if taken else list(names)
    lowest = np.inf if published.threshold is None else published.threshold
    confidence = probabilities.max(1)
    answered = {
        "class": np.asarray(names, dtype=object)[probabilities.argmax(1)],
        "confidence": confidence,
        "calibrated": tempered(probabilities, published.temperature).max(1),
        "to_person": confidence < lowest,
        **dict(zip(columns, probabilities.T, strict=True)),
    }
    rows = pd.DataFrame(answered, index=np.flatnonzero(usable)).reindex(range(len(usable)))
    rows["to_person"] = [left is not False for left in rows["to_person"].tolist()]
    rows.insert(0, "row_id", list(row_ids))
    return rows


def require_place(out: Path, asked: Path) -> None:
    """Raise UserError where answers cannot be written, or would take the place of what was asked."""
    if out.suffix.lower() not in FORMATS:
        raise UserError(f"--out {out}: its name ends in none of {', '.join(FORMATS)}: name it answers.csv, for example")
    if out.is_dir():
        raise UserError(f"--out {out} is a folder: name a file in it, such as {out / 'answers.csv'}")
    if (of := asked.resolve()) in (out.resolve(), *out.resolve().parents):
        inside = "is the file with the texts" if of == out.resolve() else f"lies among the texts, in {asked}"
        beside = os.path.relpath(of.with_name(f"answers-to-{of.stem}{out.suffix}"))
        raise UserError(f"--out {out} {inside}: name another file, such as {shlex.quote(beside)}")


def write(rows: pd.DataFrame, path: Path | None) -> None:
    """Write the answers into a file, by the ending of its name, or as CSV to the standard output."""
    if path is None:
        _print(rows)
        return
    with replacing(path) as partial:
        match path.suffix.lower():
            case ".csv":
                rows.to_csv(partial, index=False)
            case ".parquet":
                rows.to_parquet(partial, index=False)
            case _:
                partial.write_text("".join(_lines(rows)), encoding="utf-8")


def _print(rows: pd.DataFrame) -> None:
    try:
        rows.to_csv(sys.stdout, index=False)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lines(rows: pd.DataFrame) -> Iterator[str]:
    # Not by pandas, which writes no more than 15 digits of a number.
    for row in rows.astype(object).where(rows.notna(), None).to_dict("records"):
        yield json.dumps(row, ensure_ascii=False) + "\n"

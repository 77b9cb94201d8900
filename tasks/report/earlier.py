"""What an earlier model says of today's rows, as a rung of the ladder: `python -m tasks.report.earlier REVISION`.

Where data has grown, this tells what the new rows brought on all of today's test rows, the new ones among them.
"""

import contextlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from core.base import paths
from core.base.errors import UserError, run
from core.base.files import replacing
from core.base.messages import listed
from core.data import parquet, published
from core.data.sameness import row_keys
from core.data.splits import HELD_OUT
from core.data.texts import sides
from core.encoders.device import take_card
from tasks.predict import model
from tasks.report import git_revision
from tasks.report.git_revision import Revision

FILE = paths.EXTERNAL / "earlier.parquet"


def said(before: Revision, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the row_ids, and the probability that the model published at a revision gives to each class that it knows.

    Raises UserError where that model is not at hand, or has learnt from one of the rows.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / paths.PUBLISHED_MODEL.parent).mkdir()
        if git_revision.fetched(before, paths.PUBLISHED_MODEL, folder / paths.PUBLISHED_MODEL.parent) is None:
            raise UserError(
                f"the model of {before.name} is in no cache and no remote here: `dvc push` where it was trained"
            )
        if not (folder / paths.EVALUATED).is_file():
            raise UserError(
                f"the model of {before.name} does not say how it reads texts: publish it again, `dvc repro`"
            )
        _require_unseen(before, rows, folder)
        with contextlib.chdir(folder):
            names, probabilities = model.probabilities([rows[side].tolist() for side in sides(rows)], published.read())
    return pd.DataFrame({"row_id": rows["row_id"].tolist()} | dict(zip(names, probabilities.T, strict=True)))


def _require_unseen(before: Revision, rows: pd.DataFrame, folder: Path) -> None:
    train = git_revision.fetched(before, paths.validated("train"), folder)
    if train is None:
        raise UserError(f"the training rows of {before.name} are in no cache and no remote here: `dvc push` there")
    learnt = set(row_keys(parquet.frame(train)))
    if seen := rows["row_id"][[each in learnt for each in row_keys(rows)]].tolist():
        raise UserError(
            f"the model of {before.name} has learnt from {len(seen)} of today's held-out rows ({listed(seen)}), so "
            "that its score would be too high: with another validation.split, or other files, rows have changed places"
        )


def main(*arguments: str) -> None:
    if len(arguments) != 1:
        raise UserError("name the revision whose model is meant: `python -m tasks.report.earlier HEAD~1`")
    before = git_revision.find(arguments[0])
    rows = pd.concat([parquet.frame(paths.validated(split)) for split in HELD_OUT], ignore_index=True)
    take_card()
    found = said(before, rows)
    with replacing(FILE) as partial:
        found.to_parquet(partial, index=False)
    print(f"{FILE}: the model of {before.name} ({before.sha[:10]}) on {len(rows)} rows. Next, in {paths.PARAMS},")
    print(
        f"baseline.external: {{earlier: {FILE}}}",
        "and `dvc repro`: the report says what is better since then",
        sep="\n",
    )


if __name__ == "__main__":
    run(main, *sys.argv[1:])

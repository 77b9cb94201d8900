"""New texts through the published model, exactly as it was evaluated: `python -m tasks.predict FILE --out answers.csv`.

Not a stage: it reads what the stage `evaluation` published, and writes nothing that a stage reads.
"""

import argparse
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pandas as pd

from core.base import params
from core.base.errors import UserError, run
from core.data import published
from core.data.published import Published
from core.data.sameness import row_keys
from core.data.texts import sides
from core.encoders.device import take_card
from tasks.predict import answers, model, texts
from tasks.validation.params import Validation


def parser() -> argparse.ArgumentParser:
    line = argparse.ArgumentParser(
        prog="python -m tasks.predict",
        description="Classify new texts with the published model, as it was evaluated: the class, its probability, "
        "and whether a person should decide.",
    )
    line.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="the texts, in any format that data/raw may have, or a folder of such files",
    )
    line.add_argument(
        "--out", type=Path, metavar="FILE", help=f"{', '.join(answers.FORMATS)}; without it CSV goes to the output"
    )
    return line


def predict(path: Path, by: Published) -> pd.DataFrame:
    """Return the answers of the published model for the texts of a file. Raises UserError where there are none."""
    rows, how = texts.read(path, by.texts, params.load(Validation).read)
    print(*how, sep="\n", file=sys.stderr)
    usable = row_keys(rows).notna()  # as `validation` quarantines a text in which there is nothing to see
    if not usable.any():
        raise UserError(f"{path} has no text in the column {by.texts[0]!r}: fill it")
    asked = [rows.loc[usable, side].tolist() for side in sides(rows)]
    with redirect_stdout(sys.stderr):  # how far it is: the output is for answers
        names, probabilities = model.probabilities(asked, by)
    return answers.table(rows["row_id"].tolist(), usable.to_numpy(), names, probabilities, by)


def summary(rows: pd.DataFrame, by: Published) -> str:
    """Return how many answers are left to the model and how many texts go to a person, and why."""
    empty, person = int(rows["class"].isna().sum()), int(rows["to_person"].sum())
    why = (
        f"nothing can be left to it ({by.refused} on validation)"
        if by.threshold is None
        else f"a confidence under {by.threshold:.3f}, so that of the others at most {by.target_error:.0%} are wrong"
    )
    without = f", {empty} of them without a text" if empty else ""
    return f"{len(rows)} texts: {len(rows) - person} left to the model, {person} to a person{without}; {why}"


def main(*arguments: str) -> None:
    options = parser().parse_args(arguments)
    if options.out is not None:
        answers.require_place(options.out, options.file)
    by = published.read()
    take_card()
    rows = predict(options.file, by)
    answers.write(rows, options.out)
    print(summary(rows, by), *([f": {options.out}"] if options.out else []), sep="", file=sys.stderr)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

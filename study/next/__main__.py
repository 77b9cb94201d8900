"""Which unlabelled rows to label next: `python -m study.next --rows 50 unlabelled.csv`.

The rows are chosen by uncertainty or by diversity where the study has shown that this beats drawing at random on this
data, and at random where it has not; `--by` says otherwise. They are written beside the file, their texts nowhere else.
"""

import argparse
import os
import sys
from itertools import chain
from pathlib import Path

from core.base import params, paths
from core.base.errors import UserError, run
from core.base.files import require
from core.data.splits import SPLITS
from core.encoders.device import take_card
from study.next import said, states, unlabelled, written
from study.next.unlabelled import Unlabelled
from study.next.written import ToLabel
from study.params import Study
from study.techniques.choosing import Candidates, Strategy, at_random, by_diversity, by_uncertainty
from tasks.validation.params import Validation

STRATEGIES: dict[str, Strategy] = {"uncertainty": by_uncertainty, "diversity": by_diversity, said.RANDOM: at_random}
ALTERNATING = ("uncertainty", "diversity")


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    first, _, more = (__doc__ or "").partition("\n\n")
    options = argparse.ArgumentParser(prog="python -m study.next", description=first.split(":")[0], epilog=more)
    options.add_argument("file", type=Path, help="unlabelled rows, in any format of data/raw, columns as in data/raw")
    options.add_argument("--rows", type=int, required=True, help="how many to label")
    options.add_argument("--by", choices=[*STRATEGIES, said.BOTH], help="how to choose, whatever the study has shown")
    options.add_argument("--out", type=Path, help="the file to write: FILE.next.csv beside the file where not named")
    return options


def checked(file: Path, count: int, out: Path, settings: Validation) -> Unlabelled:
    """Return the rows of the file. Raises UserError with all that stands in the way at once."""
    problems: list[str] = []
    if count < 1:
        problems.append(f"--rows is {count}: at least 1")
    if out.exists():
        problems.append(f"{out} exists, maybe with labels by now: move it away, or name another file with --out")
    elif out.suffix != ".csv" or not out.parent.is_dir():
        problems.append(f"--out is {out}: name a .csv file in a folder that exists")
    elif not os.access(out.parent, os.W_OK):
        problems.append(f"{out.parent} cannot be written to: name a file elsewhere with --out")
    for path in (*map(paths.validated, SPLITS), paths.QUARANTINE, paths.tokenized("train")):
        try:
            require(path)
        except UserError as error:
            problems += error.problems
    try:
        found = unlabelled.read(file, settings)
    except UserError as error:
        raise UserError(*dict.fromkeys([*problems, *error.problems])) from None
    names = found.content.names
    problems += [
        f"{file} has a column {name!r}, and so will the written file: rename it"
        for name in (found.content.unit, *written.ADDED)
        if name in names
    ]
    problems += [
        f"{file} has {names.count(name)} columns named {name!r}: rename or remove all but one"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if count > len(found.usable):
        problems.append(f"--rows is {count}, and {file} has {len(found.usable)} rows to choose from{_left_out(found)}")
    if problems:
        raise UserError(*problems)
    return found


def _left_out(found: Unlabelled) -> str:
    named = ", ".join(f"{count} {reason}" for reason, count in found.left_out.items())
    return f" (left out: {named})" if named else ""


def choose(by: str, known: Candidates, count: int, seed: int) -> list[ToLabel]:
    """Return the rows to label, the first one first; where both strategies choose, they take turns."""
    first = int(known.unlabelled[0])
    ways = ALTERNATING if by == said.BOTH else (by,)
    orders = []
    for name in ways:
        chosen = STRATEGIES[name](known, count, seed)
        pairs = zip(chosen.positions, chosen.scores, strict=True)
        orders.append([ToLabel(position - first, name, score) for position, score in pairs])
    once: dict[int, ToLabel] = {}
    for row in chain.from_iterable(zip(*orders, strict=True)):
        once.setdefault(row.position, row)
    return list(once.values())[:count]


def main(*words: str) -> None:
    asked = parser().parse_args(words)
    file: Path = asked.file
    out: Path = asked.out or file.with_name(f"{file.stem}.next.csv")
    settings, study = params.load(Validation), params.load(Study)
    rows = checked(file, asked.rows, out, settings)
    studied = said.studied()
    print(f"{file}: {len(rows.usable)} of {len(rows.rows)} rows to choose from{_left_out(rows)}")
    take_card()
    known = states.candidates(rows.usable)
    by = asked.by or said.way(studied)
    chosen = choose(by, known, asked.rows, study.seed)
    positions = rows.usable.index
    to_label = [row._replace(position=int(positions[row.position])) for row in chosen]
    written.write(out, rows.content, settings.label, to_label)
    for sentence in said.sentences(studied, len(known.labelled), study.techniques):
        print(sentence)
    how = {said.RANDOM: "drawn at random", said.BOTH: "chosen by uncertainty and by diversity in turn"}
    print(f"{out}: {asked.rows} rows to label, {how.get(by, f'chosen by {by}')}")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

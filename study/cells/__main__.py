"""The cells that are not there yet, computed: `python -m study.cells`.

`--plan FOLDER` computes none: it takes the snapshot that they are computed from, and prints them, a line each, for
whoever runs them elsewhere (flows/study.py).
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from core.base import params
from core.base.errors import UserError, run
from study import paths
from study.cells import cell, files, plan, rows, snapshot
from study.cells.cell import Cell
from study.params import Study


def missing(cells: Iterable[Cell]) -> list[Cell]:
    """Return the cells that have no result, each name once, those that take longest first."""
    by_name = {each.name: each for each in cells if not files.place(each.name).is_file()}
    return sorted(by_name.values(), key=lambda each: -each.labels)


def tidy(cells: Iterable[Cell]) -> None:
    """Remove what is no cell of this grid: what DVC records hangs on no earlier one."""
    known = {each.name for each in cells}
    for path in paths.CELLS.glob("*"):
        if path.name.split(".")[0] not in known:
            path.unlink()


def plan_into(folder: Path) -> list[Cell]:
    """Return the cells that are missing, and take the snapshot that they are computed from."""
    known = rows.read(plan.scored_split())
    wanted = missing(plan.cells(known, params.load(Study)))
    if wanted:
        snapshot.take(folder / "snapshot", known)
    return wanted


def main(*words: str) -> None:
    if words[:1] == ("--plan",) and len(words) == 2:
        folder = Path(words[1])
        print(cell.lines(plan_into(folder)), end="")
        return
    if words:
        raise UserError(f"`{' '.join(words)}` is unknown: `python -m study.cells`, or `--plan FOLDER`")
    raise NotImplementedError


if __name__ == "__main__":
    run(main, *sys.argv[1:])

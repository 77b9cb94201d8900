"""The cells that are not there yet, computed: `python -m study.cells`.

Those that have failed before are left to `make study`, of which this is the last step: it has tried them where it was
told to, and computing them here once more would take this machine's time for nothing.
`--plan FOLDER` computes none: it takes the snapshot that they are computed from, and prints them, a line each, for
whoever runs them elsewhere (flows/learning_curve.py).
"""

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory

from joblib import cpu_count

from core.base import params
from core.base.errors import UserError, run
from core.encoders.device import device
from study import paths
from study.cells import cell, files, plan, rows, snapshot
from study.cells.bench import Answer, Bench
from study.cells.cell import Cell
from study.cells.files import Failure
from study.params import Study

AGAIN = ("lost", "out of memory")  # kinds of failures after which a second try may go well


def missing(cells: Iterable[Cell]) -> list[Cell]:
    """Return the cells that have no result, each name once, those that take longest first."""
    by_name = {each.name: each for each in cells if not files.place(each.name).is_file()}
    return sorted(by_name.values(), key=lambda each: -each.labels)


def bring_back(cells: Iterable[Cell]) -> None:
    """Bring back the cells that an earlier grid has left out."""
    for each in cells:
        spare = paths.SPARE / files.place(each.name).name
        if spare.is_file():
            paths.CELLS.mkdir(parents=True, exist_ok=True)
            spare.replace(files.place(each.name))


def tidy(cells: Iterable[Cell]) -> int:
    """Put aside what is no cell of this grid, for what DVC records hangs on no earlier one; return how many cells."""
    known, aside = {each.name for each in cells}, 0
    paths.SPARE.mkdir(parents=True, exist_ok=True)
    for path in paths.CELLS.glob("*"):
        if path.is_dir():
            shutil.rmtree(path)  # what a killed run was writing
        elif path.name.split(".")[0] not in known and path.suffix == ".json":
            path.unlink()  # why one has failed
        elif path.name.split(".")[0] not in known:
            path.replace(paths.SPARE / path.name)
            aside += 1
    return aside


def plan_into(folder: Path) -> list[Cell]:
    """Return the cells that are missing, and take the snapshot that they are computed from."""
    known = rows.read(plan.scored_split())
    cells = plan.cells(known, params.load(Study))
    bring_back(cells)
    if wanted := missing(cells):
        snapshot.take(folder / "snapshot")
    return wanted


def computed(cells: Sequence[Cell], folder: Path, workers: int) -> Iterator[tuple[Cell, Answer]]:
    """Yield each cell as soon as it is computed in the snapshot, or why it has no result, by so many processes."""
    bench = Bench(folder)
    pool = ThreadPoolExecutor(workers)
    try:
        under_way = {pool.submit(answered, bench, each): each for each in cells}
        for future in as_completed(under_way):
            yield under_way[future], future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        bench.close()


def answered(bench: Bench, wanted: Cell) -> Answer:
    """Return what became of a cell; where a process was lost or lacked memory, of a second try."""
    answer = bench.compute(wanted.model_dump_json())
    return bench.compute(wanted.model_dump_json()) if answer["kind"] in AGAIN else answer


def store(wanted: Cell, answer: Answer) -> None:
    """Write what became of a cell. Raises UserError where no process of this machine computes anything."""
    if answer["kind"] == "refused":
        raise UserError(answer["reason"])
    if answer["kind"] == "computed":
        files.store(wanted.name, answer["content"])
        return
    failure = Failure.model_validate({"cell": wanted.title, "kind": answer["kind"], "reason": answer["reason"]})
    files.store_failure(wanted.name, failure)
    print(f"{failure.cell} failed: {failure.kind}: {failure.reason}", file=sys.stderr)


def main(*words: str) -> None:
    if words[:1] == ("--plan",) and len(words) == 2:
        folder = Path(words[1])
        print(cell.lines(plan_into(folder)), end="")
        return
    if words:
        raise UserError(f"`{' '.join(words)}` is unknown: `python -m study.cells`, or `--plan FOLDER`")
    known = rows.read(plan.scored_split())
    cells = plan.cells(known, params.load(Study))
    bring_back(cells)
    if wanted := [each for each in missing(cells) if not files.failure_place(each.name).is_file()]:
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            snapshot.take(folder)
            workers = 1 if device().type != "cpu" else cpu_count()  # a card is not shared without slots
            for number, (each, answer) in enumerate(computed(wanted, folder, workers), start=1):
                store(each, answer)
                print(f"{number} of {len(wanted)} cells: {each.title}", flush=True)
    aside = tidy(cells)
    failed = [each for each in cells if not files.place(each.name).is_file()]
    again = "; `make study` tries the others again" if failed else ""
    print(f"{len(cells) - len(failed)} of {len(cells)} cells are there{again}")
    if aside:
        print(f"{aside} cells that this grid leaves out are in {paths.SPARE}, from where a wider one takes them")


if __name__ == "__main__":
    run(main, *sys.argv[1:])

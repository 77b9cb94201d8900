"""How far a stage is with its rows: a bar in a terminal, a line now and then in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

PAUSE = 10.0  # seconds between two lines
COLUMNS = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())


@contextmanager
def progress(what: str, rows: int) -> Iterator[Callable[[int], None]]:
    """Yield what is to be told how many more of the rows are done."""
    done, last, said = 0, time.monotonic(), 0
    console = Console(stderr=True)
    with Progress(*COLUMNS, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=rows)

        def advance(more: int) -> None:
            nonlocal done, last, said
            done += more
            bar.advance(task, more)
            if not console.is_terminal and time.monotonic() - last >= PAUSE:
                print(f"{what}: {done}/{rows} rows", flush=True)
                last, said = time.monotonic(), done

        yield advance
    if 0 < said < done:  # or a log would end short of the whole
        print(f"{what}: {done}/{rows} rows", flush=True)

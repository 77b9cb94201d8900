"""How far a stage is with its rows: a bar in a terminal, a line now and then in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

PAUSE = 10.0  # seconds between two lines


@contextmanager
def progress(what: str, rows: int) -> Iterator[Callable[[int], None]]:
    """Yield what is to be told how many more of the rows are done."""
    done, last = 0, time.monotonic()
    with tqdm(total=rows, desc=what, unit="row", disable=None, leave=False) as bar:  # None: not in a log

        def advance(more: int) -> None:
            nonlocal done, last
            done += more
            bar.update(more)
            if bar.disable and time.monotonic() - last >= PAUSE:
                print(f"{what}: {done}/{rows} rows", flush=True)
                last = time.monotonic()

        yield advance

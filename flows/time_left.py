"""How long the rest of a study takes, told from the cells that this run has computed."""

from collections import defaultdict
from collections.abc import Iterable
from statistics import mean
from typing import Protocol


class Sized(Protocol):
    """What a cell says of how long it may take."""

    @property
    def technique(self) -> str: ...
    @property
    def labels(self) -> int: ...


class TimeLeft:
    """The seconds that cells took, by technique and the number of rows drawn."""

    def __init__(self) -> None:
        self.seconds: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))

    def took(self, cell: Sized, seconds: float) -> None:
        self.seconds[cell.technique][cell.labels].append(seconds)

    def left(self, waiting: Iterable[Sized], at_a_time: int) -> float | None:
        """Return the seconds that the cells will take; None while a technique of theirs has not been seen."""
        expected = [self._expected(cell) for cell in waiting]
        known = [seconds for seconds in expected if seconds is not None]
        return sum(known) / min(at_a_time, max(len(known), 1)) if len(known) == len(expected) else None

    def _expected(self, cell: Sized) -> float | None:
        """Return the seconds of a cell: on the line through the nearest sizes that were seen, or as the only one."""
        seen = {labels: mean(seconds) for labels, seconds in self.seconds[cell.technique].items()}
        if not seen:
            return None
        nearest, *others = sorted(seen, key=lambda labels: abs(labels - cell.labels))
        if not others:
            return seen[nearest]
        slope = (seen[others[0]] - seen[nearest]) / (others[0] - nearest)
        return max(seen[nearest] + slope * (cell.labels - nearest), 0.0)


def in_words(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"

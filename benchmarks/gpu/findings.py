"""What a part of `benchmarks.gpu` finds, line by line, and the document of all parts."""

import platform
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
import transformers

from benchmarks.gpu.sizes import Sizes
from core.encoders.device import device
from core.reporting.markdown import table

HOLDS = "yes"
LEFT_OUT = "left out: no time"
MEASURED = "measured"


class Line(NamedTuple):
    """One line of a part's table; `holds` is yes, or says what does not, or that nothing was asked of it."""

    cells: list[str]
    holds: str = HOLDS

    @property
    def failed(self) -> bool:
        return self.holds not in (HOLDS, LEFT_OUT, MEASURED)


class Part(NamedTuple):
    title: str
    said: str  # what is compared with what
    header: list[str]
    seconds: float  # its share of the time
    lines: Callable[[Sizes, float], Iterator[Line]]  # given the sizes and, by time.monotonic, when its time is over


def late(deadline: float) -> bool:
    return time.monotonic() > deadline


def attempt(name: list[str], compute: Callable[[], Line], deadline: float) -> Line:
    """Return the line that `compute` gives; else that time has run out, or the first line of what it raises."""
    if late(deadline):
        return Line(name, LEFT_OUT)
    try:
        return compute()
    except Exception as error:  # a kernel that fails must not hide what the others do
        text = str(error).strip().splitlines() or [""]
        return Line(name, f"failed: {type(error).__name__}: {text[0]}".replace("|", "/"))


def section(part: Part, lines: list[Line]) -> str:
    """Return a part's section as markdown."""
    header = [*part.header, "holds"]
    rows = [[*line.cells, *[""] * (len(part.header) - len(line.cells)), line.holds] for line in lines]
    return f"## {part.title}\n\n{part.said}\n\n{table(header, rows)}\n"


def document(found: dict[str, tuple[Part, list[Line]]], seconds: float) -> str:
    """Return all that has been found as markdown."""
    failed = sum(line.failed for _, lines in found.values() for line in lines)
    left_out = sum(line.holds == LEFT_OUT for _, lines in found.values() for line in lines)
    card = torch.cuda.get_device_name() if device().type == "cuda" else f"{device().type}, which is no card"
    versions = f"torch {torch.__version__}, transformers {transformers.__version__}, Python {platform.python_version()}"
    return (
        f"# On a card\n\n{card}; {versions}; {seconds:.0f} seconds. {failed} lines do not hold, {left_out} were left "
        "out. Written by `python -m benchmarks.gpu`.\n\n"
        + "\n".join(section(part, lines) for part, lines in found.values())
    )

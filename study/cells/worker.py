"""A process that computes cells, one after another: `python -m study.cells.worker`, in the folder of a snapshot.

It says what it computes on, a line of JSON, then answers each line of stdin, which is a cell, with another: how many
bytes of the cell's file follow, or why there is none. It ends when stdin closes: with whatever started it, however that
ended.
"""

import json
import os
import sys
import threading
import traceback
from queue import SimpleQueue
from typing import Any, BinaryIO


def lines_of_stdin() -> "SimpleQueue[bytes]":
    """Return a queue of the lines; the process ends with the last of them, whatever it is doing."""
    lines: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        for line in sys.stdin.buffer:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return lines


def own_stdout() -> BinaryIO:
    """Return stdout, which from then on is stderr to all others: libraries print."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def answer(answers: BinaryIO, content: bytes = b"", **said: Any) -> None:
    answers.write(json.dumps(said).encode() + b"\n" + content)
    answers.flush()


def other_packages(planned: dict[str, str], here: dict[str, str]) -> str:
    """Return in words which packages are not those of the plan; builds for other devices are the same."""
    return ", ".join(
        f"{name} {here[name]} where the study has {version}"
        for name, version in planned.items()
        if here[name].partition("+")[0] != version.partition("+")[0]
    )


def prepare() -> str:
    """Make this process compute the same bytes each time; return the kind of device."""
    from core.encoders import device

    device.take_card()
    device.be_deterministic()
    device.keep_memory()
    return str(device.device().type)


def computed(line: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the content of a cell's file, or none and why."""
    from core.base.errors import UserError
    from core.encoders.out_of_memory import is_short
    from study.cells.cell import Cell
    from study.cells.compute import NotFinite, compute

    try:
        return compute(Cell.model_validate_json(line)), {"kind": "computed", "reason": ""}
    except NotFinite as error:
        return b"", {"kind": "not finite", "reason": str(error)}
    except Exception as error:  # of a technique, which others may have written: the other cells go on
        if is_short(error):
            return b"", {"kind": "out of memory", "reason": _first_line(error)}
        if isinstance(error, UserError):
            return b"", {"kind": "error", "reason": "; ".join(error.problems)}
        traceback.print_exc()
        return b"", {"kind": "error", "reason": _where(error)}


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or "no memory is left"


def _where(error: Exception) -> str:
    """Return an error in words, with the line of the project in which it arose."""
    here = os.getcwd()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(here)]
    place = f" ({os.path.relpath(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def main() -> None:
    answers, lines = own_stdout(), lines_of_stdin()
    from study.cells import cell, snapshot  # takes seconds, in which stdin may close

    if others := other_packages(snapshot.packages(), cell.versions()):
        answer(answers, refused=f"{others}: `pip install -r requirements.txt` on that machine")
        return
    answer(answers, device=prepare())
    while True:
        content, said = computed(lines.get())
        answer(answers, content, size=len(content), **said)


if __name__ == "__main__":
    main()

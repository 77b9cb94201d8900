"""How long each stage took: reports/runtime.json, which git ignores and no stage reads."""

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from core.base import paths

STAGE = re.compile(r"tasks\.(\w+)\.__main__")


@contextmanager
def measured(module: str, arguments: Sequence[str]) -> Iterator[None]:
    """Record the seconds of the block under the stage's name, as DVC writes it, where it ends well."""
    started = time.monotonic()
    yield
    stage = STAGE.fullmatch(module)
    if stage and not any(word.startswith("-") for word in arguments):
        with suppress(OSError):  # a note for people: nothing depends on it
            _record("@".join([stage[1], *arguments]), round(time.monotonic() - started, 1))


def _record(stage: str, seconds: float) -> None:
    paths.STAGE_TIMES.parent.mkdir(exist_ok=True)
    folder = os.open(paths.STAGE_TIMES.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # stages run side by side
        partial = paths.STAGE_TIMES.with_name(f".{paths.STAGE_TIMES.name}.partial")
        partial.write_text(
            json.dumps(_recorded() | {stage: seconds}, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )
        os.replace(partial, paths.STAGE_TIMES)
    finally:
        os.close(folder)


def _recorded() -> dict[str, float]:
    try:
        seconds: dict[str, float] = json.loads(paths.STAGE_TIMES.read_text(encoding="utf-8"))
        return seconds
    except (FileNotFoundError, ValueError):
        return {}

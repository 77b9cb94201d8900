"""How far a stage is, as a Prefect progress artifact."""

import re
import time
from contextlib import suppress
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from flows.artifacts import key, shown
from flows.graph import Stage
from flows.workspace import Log

BAR = r"(?P<done>\d+)%"  # what progress bars have in common
PAUSE = 1.0  # seconds between two updates of an artifact


class Progress:
    """The share that is done, read from a stage's lines."""

    def __init__(self, stage: Stage, log: Log) -> None:
        self.stage = stage
        self.log = log
        self.lines = re.compile(stage.meta.progress) if stage.meta.progress else None
        self.artifact: UUID | None = None
        self.shown = (-1.0, 0.0)  # percent, when

    def read(self, line: str, is_redrawn: bool) -> None:
        found = self.lines.search(line) if self.lines else None
        if found:
            with suppress(ValueError, ZeroDivisionError, TypeError):  # a line that only looks like one of progress
                done, total = (float(number) for number in found.groups())
                self.show(100 * done / total)
        elif is_redrawn and not self.lines and (bar := re.search(BAR, line)):
            self.show(float(bar["done"]))

    def show(self, percent: float) -> None:
        """Show the share in the UI: at once where it is the first or the last, otherwise not more often than needed."""
        before, when = self.shown
        if percent == before or (percent < 100 and time.monotonic() - when < PAUSE):
            return
        self.shown = (percent, time.monotonic())
        if self.artifact is None:
            name = key(self.stage.name, "progress")
            self.artifact = shown(self.log, create_progress_artifact, progress=percent, key=name)
        else:
            shown(self.log, update_progress_artifact, artifact_id=self.artifact, progress=percent)

"""What differs from dvc.lock while a run goes on, with DVC asked as seldom as can be."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

from core.base.errors import UserError
from flows.dvc_project import Changes, Stage, Stages, changes_by_stage, read_stages
from flows.records import Records
from flows.warm_dvc import WarmDvc

DEPS = "changed deps"  # in what `dvc status --json` says of a stage


class Status:
    """What differs from dvc.lock: for all stages by a look, and then for those whose upstreams have moved."""

    def __init__(self, folder: Path, records: Records, dvc: WarmDvc) -> None:
        self._folder = folder
        self._records = records
        self._dvc = dvc
        self._stages: Stages = {}
        self._changes: dict[str, Changes] = {}
        self._asking = threading.Lock()  # held while DVC is asked
        self._guard = threading.Lock()
        self._waiting: set[str] = set()
        self._answers: dict[str, Changes] = {}

    def look(self) -> tuple[Stages, dict[str, Changes]]:
        """Return all stages, and what differs now, before any of them runs.

        DVC takes half a second for each, so both at once.
        """
        with ThreadPoolExecutor() as pool:
            stages = pool.submit(copy_context().run, read_stages, self._folder, output=self._dvc.output)
            changes = pool.submit(copy_context().run, self._told)
            try:
                self._stages, self._changes = stages.result(), changes.result()
            except BaseException:  # cancelled, or Ctrl-C: the pool ends when its commands have
                self._dvc.stopping.set()
                raise
        return self._stages, self._changes

    def changes(self, stage: Stage) -> Changes:
        """Return what differs now for a stage whose upstreams may have moved since the last look.

        Raises UserError where DVC cannot tell.

        Where dvc.lock shows that something differs, DVC is not asked: it looks at the stage anyway before it runs it.
        """
        return self._from_records(stage) or self._asked(stage.name)

    def _from_records(self, stage: Stage) -> Changes:
        """Return what dvc.lock shows to differ: nothing where it does not tell."""
        before = self._changes.get(stage.name, [])
        record = self._records.of(stage)
        if record is None:
            return before
        upstream = filter(None, (self._records.of(self._stages[name]) for name in stage.upstream))
        made = {path: text for each in upstream for path, text in each.outs.items()}
        told = [change for change in before if isinstance(change, dict) and DEPS in change]
        still = {path: how for change in told for path, how in change[DEPS].items() if path not in made}
        differing = still | {path: "modified" for path, text in record.deps.items() if made.get(path, text) != text}
        in_order = {path: differing[path] for path in (*record.deps, *differing) if path in differing}
        return [*([{DEPS: in_order}] if in_order else []), *(change for change in before if change not in told)]

    def _asked(self, name: str) -> Changes:
        """Return what `dvc status` says; those that ask at one time share an answer."""
        with self._guard:
            self._waiting.add(name)
        with self._asking:
            if name in self._waiting:
                with self._guard:
                    names, self._waiting = self._waiting, set()
                try:
                    changes = self._told(*sorted(names))
                except BaseException as error:
                    with self._guard:
                        self._waiting |= names - {name}  # each asks for itself
                    if not isinstance(error, UserError):
                        raise
                    changes = self._told(name)
                    names = {name}
                self._answers |= {each: changes.get(each, []) for each in names}
            return self._answers[name]

    def _told(self, *names: str) -> dict[str, Changes]:
        return changes_by_stage(self._folder, *names, output=self._dvc.output)

"""What a run is called and tagged with in the UI: a list of runs tells what ran, on what, and what came out."""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.events import emit_event
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from ruamel.yaml.error import YAMLError

from core.base.errors import UserError
from core.base.messages import listed
from flows.dvc_project import Stage, Stages
from flows.project_name import project_name
from flows.pull_request import commit_page
from flows.show import metrics_in, show_link
from flows.subprocesses import git

UNNAMED = re.compile("[a-z]+-[a-z]+")  # what Prefect calls a run that nobody has named
SHORT = 7  # characters of a hash
RUNS = 20  # that are asked for at a time, where the one before is sought
WORSE = "worse"  # than the run before
CAME_OUT_WORSE = "reproduce.worse"  # an event, for the server tells nobody of a tag that comes during a run


class Story:
    """A run's name and tags, told to the Prefect server as they become known."""

    def __init__(self, folder: Path) -> None:
        self.name = str(flow_run.name)
        self.revision = revision(folder)
        self.page = commit_page(folder)
        self.line = [project_name(folder), *filter(None, [self.revision.rpartition("@")[0]])]  # of runs to compare
        self.tags = [*flow_run.tags, *self.line, *filter(None, [self.revision])]

    def begin(self, stages: Stages, to_run: Sequence[str], folder: Path, overrides: Sequence[str]) -> None:
        """Say what the run works on, and which stages it has to run."""
        what = listed(list(to_run), shown=3) or "nothing to run"
        what = f"{self.revision}: {what}" if self.revision else what
        self.name = what if UNNAMED.fullmatch(self.name) else f"{self.name} · {what}"
        self._tell([*data_versions(stages, folder), *overrides])
        if self.page:
            show_link(folder, "commit", self.page, self.revision)

    def end(self, stages: Stages, folder: Path) -> str:
        """Say what came out, by the metrics that stages give as tags; return them in words, empty without any."""
        tags, before = [], _tags_before(self.line)
        for stage in stages.values():
            for name, value in _said(stage, folder).items():
                tags.append(f"{name}: {value}")
                if _is_worse(value, before.get(name), stage.meta.tags.get(name, ())):
                    tags.append(WORSE)
        if tags:
            self._tell(tags)
        outcome = ", ".join(tags)
        if WORSE in tags and not flow_run.parameters.get("overrides"):
            this_run = {"prefect.resource.id": f"prefect.flow-run.{flow_run.id}", "prefect.resource.name": self.name}
            emit_event(CAME_OUT_WORSE, resource=this_run, payload={"outcome": outcome})
        return outcome

    def _tell(self, tags: Sequence[str]) -> None:
        self.tags = list(dict.fromkeys([*self.tags, *tags]))
        try:
            with get_client(sync_client=True) as client:
                client.update_flow_run(flow_run.id, name=self.name, tags=self.tags)
        except (httpx.HTTPError, RuntimeError) as error:
            get_run_logger().warning("the run keeps its name and tags: %s: %s", type(error).__name__, error)


def _said(stage: Stage, folder: Path) -> dict[str, Any]:
    """Return the metrics that a stage gives as tags; a file that cannot be read costs its tags and not the run."""
    found: dict[str, Any] = {}
    for file in stage.metrics if stage.meta.tags else ():
        try:
            found |= metrics_in(folder / file, tuple(stage.meta.tags))
        except (OSError, ValueError, YAMLError) as error:
            get_run_logger().warning("%s gives no tags: %s: %s", file, type(error).__name__, error)
    return found


def _tags_before(line: list[str]) -> dict[str, str]:
    """Return the tags, such as verdict: adapted, of the last run that completed without overrides and has a line's."""
    try:
        named = (dict(tag.split(": ", 1) for tag in run.tags if ": " in tag) for run in _completed(line))
        return next(filter(None, named), {})
    except (httpx.HTTPError, RuntimeError):  # which _tell() says
        return {}


def _completed(line: list[str]) -> Iterator[FlowRun]:
    """Yield the completed runs of a line without overrides, the last one first."""
    completed = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED]))
    with get_client(sync_client=True) as client:
        for seen in count(0, RUNS):
            runs = client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[str(flow_run.flow_name)])),
                flow_run_filter=FlowRunFilter(state=completed, tags=FlowRunFilterTags(all_=line)),
                sort=FlowRunSort.END_TIME_DESC,
                limit=RUNS,
                offset=seen,
            )
            yield from (run for run in runs if not run.parameters.get("overrides"))
            if len(runs) < RUNS:
                return


def _is_worse(value: Any, before: str | None, order: Sequence[str]) -> bool:
    return {str(value), before} <= set(order) and order.index(str(value)) < order.index(str(before))


def revision(folder: Path) -> str:
    """Return branch and commit, such as main@1a2b3c4; with a + where files differ from it; empty without git."""
    try:
        branch = git(folder, "branch", "--show-current") or "HEAD"
        commit = git(folder, "rev-parse", f"--short={SHORT}", "HEAD")
        is_changed = bool(git(folder, "status", "--porcelain", "--untracked-files=no"))
    except UserError:  # no git, or no commit
        return ""
    return f"{branch}@{commit}{'+' if is_changed else ''}"


def data_versions(stages: Stages, folder: Path) -> list[str]:
    """Return the data under `dvc add`, each with the beginning of its hash."""
    files = [folder / stage.name for stage in stages.values() if stage.is_data]
    versions = {file: yaml.safe_load(file.read_text(encoding="utf-8"))["outs"][0].get("md5") for file in files}
    return [f"{file.stem} {md5[:SHORT]}" for file, md5 in versions.items() if md5]

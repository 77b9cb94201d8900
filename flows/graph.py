"""What a DVC project's graph is, and which of its stages match dvc.lock: read through the `dvc` command alone."""

import difflib
import json
import re
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import UserError
from flows.commands import output

EDGE = re.compile(r'^"([^"]+)"(?: -> "([^"]+)")?;$', re.MULTILINE)  # of `dvc dag --dot`: upstream -> downstream


class Meta(BaseModel):
    """What a stage's `meta:` in dvc.yaml says to the flow; other keys are for others."""

    model_config = ConfigDict(frozen=True)

    retries: Annotated[int, Field(ge=0)] = 0  # only where a stage can fail by chance
    retry_delay: Annotated[float, Field(ge=0)] = 0  # seconds
    timeout: Annotated[float, Field(gt=0)] | None = None  # seconds
    resource: str | None = None  # a global concurrency limit, of which the stage takes one slot
    progress: str | None = None  # a regular expression with two groups: how much is done, of how much
    headline: tuple[str, ...] = ()  # those of the stage's metrics that its table artifact shows
    markdown: tuple[str, ...] = ()  # files shown as markdown artifacts
    check: str | None = None  # a command that refuses bad parameters before anything runs

    @field_validator("progress")
    @classmethod
    def _counts(cls, pattern: str | None) -> str | None:
        try:
            groups = re.compile(pattern or "()()").groups
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from None
        if groups != 2:
            raise ValueError(f"it has {groups} groups; write two: how much is done, of how much")
        return pattern


@dataclass(frozen=True)
class Stage:
    """One node of DVC's graph, as DVC addresses it from the project's folder."""

    name: str
    upstream: tuple[str, ...] = ()
    desc: str = ""
    meta: Meta = Meta()
    metrics: tuple[str, ...] = ()

    @property
    def is_data(self) -> bool:
        """Whether this is data under `dvc add`, which has no command."""
        return self.name.endswith(".dvc")


Graph = dict[str, Stage]
Changes = dict[str, list[Any]]


def read(folder: Path) -> Graph:
    """Return every stage of the project, upstream first."""
    if not (folder / "dvc.yaml").is_file():
        raise UserError(f"{folder} has no dvc.yaml: run this from a DVC project's folder, or name it with --folder")
    upstream: dict[str, set[str]] = {}
    for first, second in EDGE.findall(output(folder, "dvc", "--wait-for-lock", "dag", "--dot")):
        upstream.setdefault(first, set())
        if second:
            upstream.setdefault(second, set()).add(first)
    files: dict[str, Any] = {}
    return {name: _described(folder, name, upstream, files) for name in TopologicalSorter(upstream).static_order()}


def _described(folder: Path, name: str, upstream: dict[str, set[str]], files: dict[str, Any]) -> Stage:
    # No dvc command prints `meta:`, and `dvc stage list` cuts `desc:` short: these are read as the YAML they are.
    stage = Stage(name, tuple(sorted(upstream[name])))
    if stage.is_data:
        return replace(stage, desc="Data under `dvc add`")
    file, short = _file(name), name.rpartition(":")[2]
    if file not in files:
        files[file] = yaml.safe_load((folder / file).read_text(encoding="utf-8"))["stages"]
    entry = files[file][short.partition("@")[0]]
    entry = entry.get("do", entry)  # of a foreach
    metrics = [key for each in entry.get("metrics", []) for key in (each if isinstance(each, dict) else [each])]
    try:
        meta = Meta.model_validate(entry.get("meta") or {})
    except ValidationError as error:
        raise UserError(*(_problem(file, short, found) for found in error.errors())) from None
    beside = Path(file).parent / entry.get("wdir", ".")
    paths = tuple(str(beside / metric) for metric in metrics if "${" not in metric)
    return replace(stage, desc=entry.get("desc", ""), meta=meta, metrics=paths)


def _problem(file: str, stage: str, found: Any) -> str:
    where = ".".join(str(part) for part in found["loc"])
    return f"{file}: stages.{stage}.meta.{where} is {found['input']!r}: {found['msg'][0].lower()}{found['msg'][1:]}"


def select(graph: Graph, targets: list[str]) -> Graph:
    """Return the targets and all that they need; without targets, the folder's own dvc.yaml and all that it needs."""
    chosen = {name for name in graph if name in targets or name.partition("@")[0] in targets}
    known = {*graph, *(name.partition("@")[0] for name in graph)}
    unknown = [each for each in targets if each not in known]
    if unknown:
        raise UserError(*(_unknown(each, graph) for each in unknown))
    waiting = (
        list(chosen) if targets else [name for name, stage in graph.items() if ":" not in name and not stage.is_data]
    )
    needed: set[str] = set()
    while waiting:
        needed.add(name := waiting.pop())
        waiting += [each for each in graph[name].upstream if each not in needed]
    return {name: stage for name, stage in graph.items() if name in needed}


def _unknown(target: str, graph: Graph) -> str:
    nearest = difflib.get_close_matches(target, graph, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(graph)}"
    return f"target {target!r} is no stage of dvc.yaml: {hint}"


def changes(folder: Path, *names: str) -> Changes:
    """Return what differs from dvc.lock, for those of the named stages (or of all) where something does."""
    found: Changes = json.loads(output(folder, "dvc", "--wait-for-lock", "status", "--json", *names))
    return found


def is_recorded(folder: Path, stage: Stage) -> bool:
    """Whether dvc.lock knows the stage at all: `dvc status` calls the inputs of a new stage modified."""
    record = folder / lock(stage.name)
    known = yaml.safe_load(record.read_text(encoding="utf-8")) if record.is_file() else None
    return stage.is_data or stage.name.rpartition(":")[2] in (known or {}).get("stages", {})


def _file(name: str) -> str:
    return name.rpartition(":")[0] or "dvc.yaml"


def lock(name: str) -> str:
    """Return the path of the dvc.lock that records a stage."""
    return str(Path(_file(name)).with_suffix(".lock"))


def outputs(folder: Path) -> list[str]:
    """Return every file and folder that a stage of the project writes."""
    dag = output(folder, "dvc", "--wait-for-lock", "dag", "--outs", "--dot")
    return sorted({name for edge in EDGE.findall(dag) for name in edge if name})

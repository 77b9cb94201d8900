"""A DVC project as the `dvc` command tells it: its stages, what differs from dvc.lock, what its remote shares."""

import difflib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.base.errors import UserError
from flows import dvc_yaml
from flows.dvc_yaml import EXPRESSION, file_of, filled_in
from flows.stage_meta import Meta
from flows.subprocesses import output

EDGE = re.compile(r'^"([^"]+)"(?: -> "([^"]+)")?;$', re.MULTILINE)  # of `dvc dag --dot`: upstream -> downstream


@dataclass(frozen=True)
class Stage:
    """One node of DVC's graph, as DVC addresses it from the project's folder."""

    name: str
    upstream: tuple[str, ...] = ()
    desc: str = ""
    meta: Meta = Meta()
    metrics: tuple[str, ...] = ()
    folder: str = "."  # in which its command runs

    @property
    def is_data(self) -> bool:
        """Whether this is data under `dvc add`, which has no command."""
        return self.name.endswith(".dvc")

    @property
    def lock(self) -> str:
        """The path of the dvc.lock that records the stage."""
        return str(Path(file_of(self.name)).with_suffix(".lock"))

    @property
    def in_lock(self) -> str:
        """What the stage is called there."""
        return self.name.removeprefix(f"{file_of(self.name)}:")


Stages = dict[str, Stage]  # by name, upstream first
Output = Callable[..., str]  # of a command in a folder
Changes = list[Any]  # what differs from dvc.lock for one stage, as `dvc status --json` says it


def read_stages(folder: Path, output: Output = output) -> Stages:
    """Return every stage of the project, upstream first."""
    if not (folder / "dvc.yaml").is_file():
        raise UserError(f"{folder} has no dvc.yaml: run this from a DVC project's folder, or name it with --folder")
    upstream: dict[str, set[str]] = {}
    for first, second in EDGE.findall(output(folder, "dvc", "--wait-for-lock", "dag", "--dot")):
        upstream.setdefault(first, set())
        if second:
            upstream.setdefault(second, set()).add(first)
    files: dict[str, Any] = {}  # each dvc.yaml, read once
    return {name: _described(folder, name, upstream, files) for name in TopologicalSorter(upstream).static_order()}


def read_stage(folder: Path, name: str) -> Stage:
    """Return one stage, without what it needs."""
    return located(folder, _described(folder, name, {name: set()}, {}))


def _described(folder: Path, name: str, upstream: dict[str, set[str]], files: dict[str, Any]) -> Stage:
    # No dvc command prints `meta:`, and `dvc stage list` cuts `desc:` short: these are read as the YAML they are.
    stage = Stage(name, tuple(sorted(upstream[name])))
    if stage.is_data:
        return replace(stage, desc="Data under `dvc add`")
    file = file_of(name)
    if file not in files:
        files[file] = dvc_yaml.read(folder, file)
    entry = dvc_yaml.entry(files[file], name)
    metrics = [path for line in entry.get("metrics", []) for path in (line if isinstance(line, dict) else [line])]
    try:
        meta = Meta.model_validate(entry.get("meta") or {})
    except ValidationError as error:
        raise UserError(*(_problem(file, dvc_yaml.name_in_file(name), detail) for detail in error.errors())) from None
    beside = Path(file).parent / entry.get("wdir", ".")
    paths = tuple(str(beside / metric) for metric in metrics if "${" not in metric)
    return replace(stage, desc=entry.get("desc", ""), meta=meta, metrics=paths, folder=str(beside))


def _problem(file: str, stage: str, detail: Any) -> str:
    where = ".".join(str(part) for part in detail["loc"])
    return f"{file}: stages.{stage}.meta.{where} is {detail['input']!r}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def select(stages: Stages, targets: list[str]) -> Stages:
    """Return the targets and all that they need; without targets, the folder's own dvc.yaml and all that it needs."""
    groups = {name.partition("@")[0] for name in stages}  # of a matrix or a foreach
    unknown = [target for target in targets if target not in stages and target not in groups]
    if unknown:
        raise UserError(*(_unknown(target, stages) for target in unknown))
    if targets:
        waiting = [name for name in stages if name in targets or name.partition("@")[0] in targets]
    else:
        waiting = [name for name, stage in stages.items() if file_of(name) == "dvc.yaml" and not stage.is_data]
    needed: set[str] = set()
    while waiting:
        needed.add(name := waiting.pop())
        waiting += [upstream for upstream in stages[name].upstream if upstream not in needed]
    return {name: stage for name, stage in stages.items() if name in needed}


def _unknown(target: str, stages: Stages) -> str:
    nearest = difflib.get_close_matches(target, stages, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(stages)}"
    return f"target {target!r} is no stage of dvc.yaml: {hint}"


def changes_by_stage(folder: Path, *names: str, output: Output = output) -> dict[str, Changes]:
    """Return what differs from dvc.lock, for those of the named stages (or of all) where something does."""
    # What `dvc import` brought is what it was, whatever its source has become and whether that can be reached.
    command = ("dvc", "--wait-for-lock", "status", "--json", "--no-updates", *names)
    status: dict[str, Changes] = json.loads(output(folder, *command))
    return status


def outputs(folder: Path) -> list[str]:
    """Return every file and folder that a stage of the project writes."""
    dag = output(folder, "dvc", "--wait-for-lock", "dag", "--outs", "--dot")
    return sorted({name for edge in EDGE.findall(dag) for name in edge if name})


def inputs_and_outputs(folder: Path, stage: Stage) -> tuple[list[str], list[str]]:
    """Return what a stage reads of other stages and of the data under `dvc add`, and what it writes."""
    said = dvc_yaml.declared(folder, stage.name)
    if not dvc_yaml.outputs(said):
        return _read_without_outputs(folder, stage, said.get("deps") or []), []
    return _around(folder, stage.name)


def _around(folder: Path, name: str) -> tuple[list[str], list[str]]:
    edges = EDGE.findall(output(folder, "dvc", "--wait-for-lock", "dag", "--outs", "--dot", name))
    read = {first for first, second in edges if second}
    own = {name for edge in edges for name in edge if name} - read
    return sorted({first for first, second in edges if second in own}), sorted(own)


def _read_without_outputs(folder: Path, stage: Stage, deps: list[str]) -> list[str]:
    """Return what a stage reads that has no place in `dvc dag --outs`, which draws all of the project for it."""
    dag = output(folder, "dvc", "--wait-for-lock", "dag", "--dot", stage.name)
    upstream = {first for first, second in EDGE.findall(dag) if second == stage.name}
    above = sorted({out for name in upstream for out in _around(folder, name)[1]})
    places = [os.path.normpath(Path(stage.folder, dep)) for dep in deps]
    return [name for name in above if any(_is_of(name, place) for place in places)]


def _is_of(name: str, dep: str) -> bool:
    """Whether an output is a dependency, is in it or has it within, as far as dvc.yaml tells its name."""
    return any(re.fullmatch(filled_in(dep), str(each)) for each in (Path(name), *Path(name).parents)) or any(
        re.fullmatch(filled_in(str(each)), name) for each in Path(dep).parents
    )


def located(folder: Path, stage: Stage) -> Stage:
    """Return a stage with the folder in which its command runs, where dvc.yaml has DVC fill that in."""
    if not EXPRESSION.search(stage.folder):
        return stage
    written = inputs_and_outputs(folder, stage)[1]
    for name in dvc_yaml.outputs(dvc_yaml.declared(folder, stage.name)):
        pattern = re.compile(f"({filled_in(stage.folder)})/{filled_in(name)}")
        for path in written:
            if (match := pattern.fullmatch(path)) and (folder / match[1]).is_dir():
                return replace(stage, folder=match[1])
    raise UserError(f"{stage.name} runs in {stage.folder}, and none of its outputs tells which folder that is")


def pull(folder: Path) -> str:
    """Get what DVC's default remote has of the data and of earlier runs; return what was done."""
    if not has_remote(folder):
        return "nothing is shared: DVC has no default remote (`dvc remote add --default NAME URL` sets one)"
    said = output(folder, "dvc", "--wait-for-lock", "pull", "--run-cache", "--allow-missing")
    return f"dvc pull: {said.strip()}"


def push(folder: Path) -> str:
    """Give DVC's default remote what it does not have; return what was done."""
    if not has_remote(folder):
        return ""
    return f"dvc push: {output(folder, 'dvc', '--wait-for-lock', 'push', '--run-cache').strip()}"


def has_remote(folder: Path) -> bool:
    """Whether DVC has a default remote."""
    try:
        return bool(output(folder, "dvc", "remote", "default").strip())
    except UserError:  # "No default remote set", with status 1
        return False

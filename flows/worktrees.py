"""A git worktree for a run with other parameters: the user's workspace stays as it is."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from core.base.errors import UserError
from flows import dvc_lock
from flows.dvc_project import outputs
from flows.pull_request import BRANCH
from flows.ready import repository
from flows.run_lock import LOCK, locked
from flows.subprocesses import NO_HOOKS, git, git_paths, output

PLACES = Path(".dvc/tmp/worktrees")  # of a DVC repository
BRANCHES = "reproduce"  # and a name of the run's own: where a result is kept
LONGEST = 60  # characters of such a name
REMOTE = re.compile("'remote \"(.+)\"'")  # a section of DVC's configuration
PATHS = {  # what may be a path there, seen from the folder of the configuration
    *("url", "keyfile", "credentialpath", "configpath", "cert_path", "key_path"),
    *("gdrive_user_credentials_file", "gdrive_service_account_json_file_path"),
}


@contextmanager
def worktree(folder: Path, run_name: str, stopping: threading.Event) -> Iterator[Path]:
    """Yield the project's folder in a new worktree of what is in the workspace now, outputs included.

    The worktree is called like the run, as far as a branch can be that is not there yet. The cache is the project's
    own, so nothing is computed twice. Raises Stopped where the run is cancelled while a DVC at work writes.
    """
    top = Path(git(folder, "rev-parse", "--show-toplevel"))
    places = repository(folder) / PLACES
    places.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        with locked(places / "all.lock", is_patient=True):  # a moment, for runs that start together
            _remove_abandoned(top, places, repository(folder).relative_to(top))
            place = places / _free_name(top, places, run_name)
            stack.enter_context(locked(place.with_suffix(".lock")))
        stack.callback(_remove, top, place)
        with dvc_lock.held(repository(folder) / dvc_lock.RECORDS, stopping, is_shared=True):  # no half of a dvc.lock
            commit = _workspace_now(top)
        git(top, *NO_HOOKS, "worktree", "add", "--quiet", "--detach", str(place), commit)
        inside = place / folder.relative_to(top)
        local = repository(folder) / ".dvc/config.local"
        if local.is_file():
            (repository(inside) / ".dvc/config.local").write_bytes(local.read_bytes())
        output(inside, "dvc", "config", "--local", "cache.dir", output(folder, "dvc", "cache", "dir").strip())
        _keep_remotes(repository(folder), repository(inside))
        output(inside, "dvc", "checkout", "--force", "--allow-missing")
        yield inside


def original(folder: Path) -> Path:
    """Return the folder that a relative address is seen from: of a run's worktree, that of the project it copies."""
    for place in (folder, *folder.parents):
        if place.parent.match(str(PLACES)):
            return place.parents[len(PLACES.parts)]
    return folder


def _keep_remotes(project: Path, copy: Path) -> None:
    """Have the remotes of a copy's DVC lead to where they lead in the project; one that the copy has is its own."""
    config = ConfigParser(interpolation=None)
    config.read([project / ".dvc/config", project / ".dvc/config.local"])
    for section in config.sections():
        if not (named := REMOTE.fullmatch(section)):
            continue
        for option in PATHS.intersection(config[section]):
            path = config[section][option]
            if "://" in path or Path(path).expanduser().is_absolute():
                continue
            there, here = (Path(os.path.abspath(top / ".dvc" / path)) for top in (project, copy))
            if not (here.is_relative_to(copy) and here.exists()):
                output(copy, "dvc", "remote", "modify", "--local", named[1], option, str(there))


def _workspace_now(top: Path) -> str:
    """Return a commit of what is in the workspace, of the files that git knows; the user's index stays as it is."""
    if not git(top, "status", "--porcelain", "--untracked-files=no"):
        return "HEAD"
    with TemporaryDirectory() as place:
        index = {"GIT_INDEX_FILE": str(Path(place, "index"))}
        shutil.copy2(top / git(top, "rev-parse", "--git-path", "index"), index["GIT_INDEX_FILE"])
        git(top, "-c", "core.splitIndex=false", "add", "--update", "--", ":/", **index)
        return git(top, "commit-tree", git(top, "write-tree", **index), "-p", "HEAD", "-m", "the workspace", **index)


def _remove_abandoned(top: Path, places: Path, project: Path) -> None:
    """Remove the worktrees of runs that were killed, once no stage of theirs is left."""
    for place in [each for each in places.iterdir() if each.is_dir()]:
        with suppress(BlockingIOError), locked(place.with_suffix(".lock")), locked(place / project / LOCK):
            _remove(top, place)


def _remove(top: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    git(top, "worktree", "prune")
    place.with_suffix(".lock").unlink(missing_ok=True)


def _free_name(top: Path, places: Path, run_name: str) -> str:
    """Return the run's name as git takes it for a branch: one that neither a branch nor a worktree has."""
    known = {branch.lower() for branch in git(top, "branch", "--format=%(refname:short)").splitlines()}
    if BRANCHES in known:
        raise UserError(f"git keeps no branch below {BRANCHES!r}, which is one: `git branch -m {BRANCHES} OTHER`")
    taken = {BRANCH, *(f"{BRANCHES}/{each.stem}".lower() for each in places.iterdir())}
    taken |= {"/".join(branch.split("/")[:2]) for branch in known}
    wanted = re.sub(r"[^\w-]+", "-", run_name)[:LONGEST].strip("-") or "run"
    for number in count(1):
        name = wanted if number == 1 else f"{wanted}-{number}"
        if f"{BRANCHES}/{name}".lower() not in taken:
            return name
    raise AssertionError


def link_inputs(folder: Path, inside: Path) -> list[str]:
    """Link what is read and git does not know, such as a local model, from a folder into its copy.

    What is read is what dvc.yaml or params.yaml names and no stage writes. Returns what git would take for results,
    seen from the top of the worktree.
    """
    said = yaml.safe_load((folder / "dvc.yaml").read_text(encoding="utf-8"))
    stages = (said or {}).get("stages", {}).values()
    named = {str(dep) for stage in stages for dep in stage.get("do", stage).get("deps", [])}
    if (params := inside / "params.yaml").is_file():
        named |= set(_words(yaml.safe_load(params.read_text(encoding="utf-8"))))
    top = Path(git(folder, "rev-parse", "--show-toplevel"))
    inputs = sorted(f":(literal){name}" for name in named if _is_below(top, folder, name))
    if inputs:
        written = tuple(outputs(folder))
        for name in git_paths(folder, "ls-files", "--others", "--", *inputs):
            if ".dvc" not in Path(name).parts and not any(
                Path(name).is_relative_to(output_path) for output_path in written
            ):
                _link(folder / name, inside / name)
    return git_paths(inside, "ls-files", "--others", "--exclude-standard", "--full-name", "--", ":/")


def _words(values: Any) -> Iterator[str]:
    if isinstance(values, dict | list):
        for value in values.values() if isinstance(values, dict) else values:
            yield from _words(value)
    elif isinstance(values, str):
        yield values


def _is_below(top: Path, folder: Path, name: str) -> bool:
    """Whether a name is that of a file or folder of the repository, and not the project's, or one that holds it."""
    path = Path(os.path.abspath(folder / name))
    try:
        is_inside = (
            top in path.parents and path not in (folder, *folder.parents) and ".dvc" not in path.relative_to(top).parts
        )
        return is_inside and not Path(name).is_absolute() and path.exists()
    except (OSError, ValueError):  # no name that a file could have
        return False


def _link(source: Path, target: Path) -> None:
    if source.is_dir():  # a repository of its own, such as a model that was cloned, or a link
        for path in source.iterdir():
            if path.name not in (".git", ".dvc"):
                _link(path, target / path.name)
    elif source.is_file() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source.resolve(), target)
        except OSError:  # another file system
            shutil.copy2(source, target)

"""Files as another git revision has them: those in git, and those that DVC holds, where their bytes are at hand."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import UserError


@dataclass(frozen=True)
class Revision:
    """A commit, and the name that it was asked for by."""

    name: str
    sha: str


def find(name: str) -> Revision:
    """Return the revision of that name. Raises UserError where git knows none."""
    printed = _printed("git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if not printed and _printed("git", "rev-parse", "--show-prefix") is None:
        raise UserError(f"{Path.cwd()} is in no git repository, so there is no {name}: `git clone` the project instead")
    if not printed:
        is_shallow = (_printed("git", "rev-parse", "--is-shallow-repository") or "").strip() == "true"
        fetch = "`git fetch --unshallow`, for the clone is a shallow one" if is_shallow else "`git fetch` it"
        raise UserError(f"{name or repr(name)} is no revision of this git repository: {fetch}, or name another")
    return Revision(name, printed.split()[-1])


def text(revision: Revision, path: Path) -> str | None:
    """Return a file that git keeps, or None where the revision has none."""
    return _printed("git", "show", f"{revision.sha}:./{path.as_posix()}")


def fetched(revision: Revision, path: Path, folder: Path) -> Path | None:
    """Return a copy in `folder` of what DVC holds, a file or a folder; None where it is in no cache and no remote."""
    target = folder / path.name
    top, prefix = (_printed("git", "rev-parse", option) or "" for option in ("--show-toplevel", "--show-prefix"))
    place = Path(prefix.rstrip("\n"), path).as_posix()  # of a project that may be a sub-folder of its repository
    done = _printed("dvc", "get", "--quiet", "--rev", revision.sha, "--out", str(target), top.rstrip("\n"), place)
    return target if done is not None and target.exists() else None


def _printed(*command: str) -> str | None:
    """Return what a command prints, or None where it fails."""
    done = ran(*command)
    return done.stdout if done.returncode == 0 else None


def ran(*command: str) -> "subprocess.CompletedProcess[str]":
    """Return a command of git or DVC that has ended, and asked nobody anything."""
    quiet = os.environ | {"DVC_NO_ANALYTICS": "1", "DVC_DAEMON": "1", "GIT_TERMINAL_PROMPT": "0"}
    try:
        return subprocess.run(command, capture_output=True, env=quiet, text=True, errors="replace")
    except FileNotFoundError:
        raise UserError(f"`{command[0]}` is not found: activate the environment, `. .venv/bin/activate`") from None

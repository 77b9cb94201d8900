"""What a project is called on a Prefect server that serves several."""

import re
from pathlib import Path

from core.base.errors import UserError
from flows.subprocesses import git


def project_name(folder: Path) -> str:
    """Return the repository's owner and name, and the folder in it, the same in every clone and worktree of it.

    Without a remote the repository is called like its folder; without git, the project is.
    """
    try:
        common, _, inside = git(folder, "rev-parse", "--git-common-dir", "--show-prefix").partition("\n")
    except UserError:
        return folder.resolve().name
    try:
        # What stands before an @ is a user, whose password may be there too.
        parts = re.split("[/:]", git(folder, "remote", "get-url", "origin").rstrip("/").removesuffix(".git"))[-2:]
        repository = "/".join(part.rpartition("@")[2] for part in parts if part)
    except UserError:
        place = (folder / common).resolve()  # a worktree's is that of the folder which it is a copy of
        repository = (place.parent if place.name == ".git" else place).name
    return f"{repository}/{inside}".strip("/")

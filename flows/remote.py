"""What a run shares through DVC's default remote, where one is set: a clean machine starts from it and gives back."""

from pathlib import Path

from core.errors import UserError
from flows.commands import output
from flows.workspace import Log


def _is_set(folder: Path) -> bool:
    try:
        return bool(output(folder, "dvc", "remote", "default").strip())
    except UserError:  # "No default remote set", with status 1
        return False


def fetch(folder: Path, log: Log) -> None:
    """Get what the remote has of the data and of earlier runs."""
    if not _is_set(folder):
        log.info("nothing is shared: DVC has no default remote (`dvc remote add --default NAME URL` sets one)")
        return
    log.info("dvc pull: %s", output(folder, "dvc", "--wait-for-lock", "pull", "--run-cache", "--allow-missing").strip())


def send(folder: Path, log: Log) -> None:
    """Give the remote what it does not have."""
    if _is_set(folder):
        log.info("dvc push: %s", output(folder, "dvc", "--wait-for-lock", "push", "--run-cache").strip())

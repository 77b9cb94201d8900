"""The data of a .dvc file brought here, or what is in the way: `python -m flows.fetch FILE.dvc ...`."""

import re
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from core.base.errors import UserError, run
from core.base.messages import listed
from flows.ready import repository
from flows.subprocesses import git_paths, output

MISSING = "/missing-files"  # of the address that DVC names where a remote was reached and lacks the data


def fetch(folder: Path, name: str) -> None:
    """Fetch the data of a .dvc file. Raises UserError that says what its remote lacks, and what to do."""
    try:
        output(folder, "dvc", "pull", name)
    except UserError as error:
        if reason := unshared(folder, name, str(error)):
            raise UserError(reason) from None
        top, remotes = repository(folder), _remotes(folder)
        kept = [
            place for place in _within(top, remotes.values()) if git_paths(top, "ls-files", "--", f":(literal){place}")
        ]
        way_out = [
            f"`git checkout -- {shlex.quote(str(place))}` brings back what the remote in it had" for place in kept
        ]
        there = listed(sorted(remotes)) or "a DVC remote"
        way_out += [f"`dvc pull {shlex.quote(name)}` tries again, once {there} can be reached"]
        raise UserError(f"the data of {name} cannot be fetched: {error}\n    {'; '.join(way_out)}") from None


def unshared(folder: Path, name: str, error: str) -> str:
    """Return why `dvc pull` of a .dvc file found nothing, and what to type, where its data never left its place."""
    if MISSING not in error:
        return ""
    outs = (yaml.safe_load((folder / name).read_text(encoding="utf-8")) or {}).get("outs") or []
    out = next((out for out in outs if out.get("push") is False), None)
    if out is None or _is_in_git(folder, str(out.get("md5"))):
        return ""
    lines = f"`remote: {out['remote']}` and `push: false`" if "remote" in out else "`push: false`"
    return (
        f"the data of {name} is not shared: {name} has `push: false`, so that `dvc push` leaves it where it was added. "
        f"To share it, put there `remote: NAME`, a DVC remote of yours, in place of {lines}, then `dvc push {name}`, "
        f"and commit and push {name}"
    )


def _is_in_git(folder: Path, md5: str) -> bool:
    """Whether git brings a DVC remote, as the sample's, that holds what has this hash."""
    top, held = repository(folder), f"{md5[:2]}/{md5[2:]}"
    places = [f":(literal){place}" for place in _within(top, _remotes(folder).values())]
    return any(file.endswith(held) for file in (git_paths(top, "ls-files", "--", *places) if places else ()))


def _remotes(folder: Path) -> dict[str, str]:
    """Return where DVC's remotes are, by name: `dvc remote list` wraps what is longer than a terminal is wide."""
    # An address, which may have a password in it, is in no message.
    return dict(re.findall(r"^remote\.(.+?)\.url=(.+)$", output(folder, "dvc", "config", "--list"), re.MULTILINE))


def _within(top: Path, remotes: Iterable[str]) -> list[Path]:
    """Return those remotes that are folders of the repository, seen from its top."""
    folders = [(top / ".dvc" / remote).resolve() for remote in remotes if "://" not in remote]
    return [folder.relative_to(top) for folder in folders if folder.is_relative_to(top)]


def main(*names: str) -> None:
    for name in names:
        fetch(Path.cwd(), name)


if __name__ == "__main__":
    run(main, *sys.argv[1:])

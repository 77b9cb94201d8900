"""Git in a project's folder, as an author of its own: what a run commits is the run's."""

from pathlib import Path

from flows.commands import output

WHO = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "reproduce"), ("EMAIL", "reproduce@localhost"))
}


def git(folder: Path, *arguments: str, **variables: str) -> str:
    """Return what a git command prints. Raises UserError with its own error text where it fails."""
    return output(folder, "git", *arguments, **WHO, **variables).strip()


def listed(folder: Path, command: str, *arguments: str) -> list[str]:
    """Return the paths that a git command names, whatever characters are in them."""
    return [each for each in output(folder, "git", command, "-z", *arguments).split("\0") if each]

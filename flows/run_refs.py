"""Refs of a run's own, beside the branches of the git remote: what a stage works on elsewhere, and what came out."""

import hashlib
import os
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from core.base.errors import UserError
from flows import unconverted
from flows.run_lock import locked
from flows.subprocesses import git, git_paths, output_bytes, without_asking
from flows.worktrees import original

REMOTE = "origin"
REFS = "refs/acclimate"
SETTINGS = ("-c", f"remote.{REMOTE}.mirror=false")  # a ref by itself is pushed
TRIES = 3  # of reading the workspace: a stage beside may take a file away


def top_of(folder: Path) -> Path:
    return Path(git(folder, "rev-parse", "--show-toplevel"))


def slug(name: str) -> str:
    """Return a stage's name as a part of a ref; no two names give the same."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{re.sub(r'[^A-Za-z0-9-]+', '-', name).strip('-')[:40]}-{digest}"


@contextmanager
def refs_of(folder: Path, run: str) -> Iterator[str]:
    """Yield the beginning of a run's refs. What a killed run of this clone has left there is removed, and in the end
    what this one has."""
    own = _own_folder(folder)
    with locked(own / f"{run}.lock"):
        beginning = f"{REFS}/{_name_of_clone(own)}"
        _remove_abandoned(folder, own, beginning)
        try:
            yield f"{beginning}/{run}"
        finally:
            with suppress(UserError):  # whoever cannot be reached now is asked by the next run
                remove(folder, _there(folder, f"{beginning}/{run}"))
            (own / f"{run}.lock").unlink(missing_ok=True)


def is_own(folder: Path, ref: str) -> bool:
    """Whether a ref is of a run of this very clone, or of one of its worktrees."""
    return ref.startswith(f"{REFS}/{_name_of_clone(_own_folder(folder))}/")


def _own_folder(folder: Path) -> Path:
    """Return the folder in which a repository, with all its worktrees, keeps what its runs note."""
    own = Path(folder, git(folder, "rev-parse", "--git-common-dir"), "acclimate").resolve()
    own.mkdir(exist_ok=True)
    return own


def _name_of_clone(own: Path) -> str:
    """Return a name that no other clone has, be it a copy of this one."""
    file = own / "name"
    if not file.is_file():
        own_try = own / f"name-{uuid.uuid4().hex}"
        own_try.write_text(uuid.uuid4().hex, encoding="utf-8")
        with suppress(FileExistsError):  # a run beside this one has named it
            os.link(own_try, file)
        own_try.unlink()
    return hashlib.sha256(f"{file.read_text(encoding='utf-8')} {own}".encode()).hexdigest()[:12]


def _remove_abandoned(folder: Path, own: Path, beginning: str) -> None:
    for ref in _there(folder, beginning):
        run = ref.removeprefix(f"{beginning}/").partition("/")[0]
        with suppress(BlockingIOError), locked(own / f"{run}.lock"):  # held by a run that lives
            remove(folder, [ref])
            (own / f"{run}.lock").unlink(missing_ok=True)


def _ask(folder: Path, *command: str) -> str:
    """Return what a git command prints that talks to the remote, whose address may be relative."""
    return git(original(folder), *SETTINGS, *command, **without_asking(folder))


def address(folder: Path) -> str:
    """Return where the remote takes what is pushed; all that is a run's own goes there and comes from there."""
    return git(folder, "remote", "get-url", "--push", REMOTE)


def _there(folder: Path, beginning: str) -> list[str]:
    try:
        lines = _ask(folder, "ls-remote", address(folder), f"{beginning}/*").splitlines()
    except UserError as error:
        raise UserError(
            f"stages go to other machines by git's remote {REMOTE!r}, which does not answer: {error}\n"
            f"    `git remote --verbose` says where it is; without `places` all stages run here"
        ) from None
    return [line.partition("\t")[2] for line in lines]


def snapshot(folder: Path, unknown: Sequence[str], message: str) -> str:
    """Return a commit of the workspace as it is: the files that git knows, and those named, seen from the folder.

    No branch moves, and the user's index stays as it is.
    """
    for number in range(1, TRIES + 1):
        try:
            tree = unconverted.tree(folder, [name for name in unknown if (folder / name).exists()])
            return git(folder, "commit-tree", tree, *_parent(folder), "-m", message)
        except UserError:
            if number == TRIES:
                raise
    raise AssertionError


def _parent(folder: Path) -> list[str]:
    return ["-p", git(folder, "rev-parse", "HEAD")] if unconverted.has_commit(folder) else []


def push(folder: Path, commit: str, ref: str) -> None:
    """Put a commit on a ref of the remote, whatever was there."""
    _push(folder, f"+{commit}:{ref}")


def push_result(folder: Path, commit: str, ref: str, before: str) -> bool:
    """Put a commit on a ref of the remote that has another one now; return whether it still had that."""
    try:
        _push(folder, f"{commit}:{ref}", f"--force-with-lease={ref}:{before}")
    except UserError:
        if _commit_at(folder, ref) == before:
            raise
        return False
    return True


def _push(folder: Path, *arguments: str) -> None:
    *options, refspec = sorted(arguments, key=lambda each: not each.startswith("--"))
    try:
        _ask(folder, "push", "--quiet", "--no-verify", "--no-signed", *options, REMOTE, refspec)
    except UserError as error:
        raise UserError(
            f"git's remote {REMOTE!r} does not take a ref below {REFS}, by which stages go to other machines: {error}"
        ) from None


def _commit_at(folder: Path, ref: str) -> str:
    return _ask(folder, "ls-remote", address(folder), ref).partition("\t")[0]


def fetch(folder: Path, ref: str) -> str:
    """Return the commit that a ref of the remote has, once it is here."""
    try:
        commit = _commit_at(folder, ref)
        if not commit:
            raise UserError(f"git's remote {REMOTE!r} has no {ref}: the run that made it has ended")
        _ask(folder, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", address(folder), ref)
    except UserError as error:
        raise UserError(f"what the run works on cannot be fetched: {error}") from None
    return commit


def remove(folder: Path, refs: Sequence[str]) -> None:
    """Remove refs of the remote, those that are there."""
    if refs:
        _ask(folder, "push", "--quiet", "--no-verify", "--no-signed", REMOTE, *(f":{ref}" for ref in refs))


def take(folder: Path, commit: str, names: Sequence[str]) -> None:
    """Replace files and folders, named as seen from the folder, by those of a commit; the index stays as it is."""
    top = top_of(folder)
    unconverted.take(top, commit, [os.path.relpath(os.path.abspath(folder / name), top) for name in names])


def take_ignored(folder: Path, before: str, commit: str) -> None:
    """Add what a commit has put into files named .gitignore to those that are here: DVC names its outputs there."""
    top = top_of(folder)
    for name in git_paths(top, "diff", "--name-only", before, commit, "--", ":(glob)**/.gitignore"):
        file = top / name
        lines = file.read_bytes().splitlines() if file.is_file() else []
        there = output_bytes(top, "git", "show", f"{commit}:{name}", stdin=b"")
        new = [line for line in there.splitlines() if line not in lines]
        if new:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"".join(line + b"\n" for line in [*lines, *new]))

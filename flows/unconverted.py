"""Files through git with the bytes that they have: DVC's hashes are of those, git makes others of line ends."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from core.base.errors import UserError
from flows.subprocesses import git, git_paths, output, output_bytes

# What stands in .gitattributes, core.autocrlf or core.eol is not asked; a filter is: git-crypt's hides what is secret.
ATTRIBUTES = "* -text -ident !working-tree-encoding\n"
CONFIG = """[core]
    bare = false
    autocrlf = false
    eol = lf
    splitIndex = false
    fsmonitor = false
[submodule]
    recurse = false
"""
# What is not for a folder of git's of another kind, and includes, whose conditions would be asked of that folder.
LEFT_OUT = re.compile(r"(include|includeif|extensions)\.|core\.(repositoryformatversion|bare|worktree)$")
NO_FILTER = ("unspecified", "unset", "set", "")  # of `git check-attr`
FOR_FILTERS = ("git-crypt", "lfs")  # where filters keep their keys and files, in git's folder
QUIETLY = ("-c", "core.hooksPath=/dev/null", "-c", "submodule.recurse=false")
INDEX = "acclimate-index"  # of a clone that is brought to one commit after the other: which files have not changed


@contextmanager
def _without_conversion(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the variables of git commands that read and write files as they are, by the filters of the repository.

    Attributes of git's own folder come before all others, so these commands have a folder of their own.
    """
    top, common, objects, attributes = (
        os.path.abspath(folder / git(folder, "rev-parse", *asked))
        for asked in (
            ("--show-toplevel",),
            ("--git-common-dir",),
            ("--git-path", "objects"),
            ("--git-path", "info/attributes"),
        )
    )
    hashed = git(folder, "rev-parse", "--show-object-format")
    with TemporaryDirectory() as place:
        own = Path(place, "git")
        git(folder, "init", "--quiet", "--bare", "--template=", f"--object-format={hashed}", str(own))
        with (own / "config").open("a", encoding="utf-8", errors="surrogateescape", newline="") as config:
            config.write(f"{_settings(folder)}{CONFIG}")
        (own / "info").mkdir()
        users = Path(attributes).read_bytes() if os.path.isfile(attributes) else b""
        (own / "info/attributes").write_bytes(users + b"\n" + ATTRIBUTES.encode())
        for name in FOR_FILTERS:
            (own / name).symlink_to(Path(common, name))
        yield {
            "GIT_DIR": str(own),
            "GIT_WORK_TREE": top,
            "GIT_OBJECT_DIRECTORY": objects,
            "GIT_INDEX_FILE": str(own / "index"),
            "GIT_CONFIG_GLOBAL": os.devnull,  # all that holds for the repository is in the folder's own
            "GIT_CONFIG_NOSYSTEM": "1",
        }


def _settings(folder: Path) -> str:
    """Return all that git is told for a repository, from wherever, as one file of its configuration."""
    lines = []
    for each in output_bytes(folder, "git", "config", "--list", "-z", stdin=b"").split(b"\0"):
        name, equals, value = each.decode(errors="surrogateescape").partition("\n")
        if name and not LEFT_OUT.match(name):
            section, _, rest = name.partition(".")
            below, _, key = rest.rpartition(".")
            heading = f"{section} {_quoted(below)}" if below else section
            lines.append(f"[{heading}]\n{key}" + (f" = {_quoted(value)}" if equals else ""))
    return "".join(f"{line}\n" for line in lines)


def _quoted(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return f'"{value}"'


def tree(folder: Path, unknown: Sequence[str]) -> str:
    """Return a tree of the workspace: of the files that git knows, and of those named, seen from the folder.

    Raises UserError where it would have what a filter is to hide.
    """
    index_now = Path(folder, git(folder, "rev-parse", "--git-path", "index"))
    with _without_conversion(folder) as exact:
        if index_now.is_file():
            shutil.copy2(index_now, exact["GIT_INDEX_FILE"])
            for shared in index_now.parent.glob("sharedindex.*"):  # of core.splitIndex
                shutil.copy2(shared, exact["GIT_DIR"])
        git(folder, "add", "--update", "--", ":/", **exact)
        git(folder, "add", "--renormalize", "--", ":/", **exact)  # those whose bytes git has changed
        if unknown:
            names = "\0".join(f":(literal){name}" for name in unknown)
            from_stdin = ("--pathspec-from-file=-", "--pathspec-file-nul")
            output_bytes(folder, "git", "add", "--force", *from_stdin, stdin=names.encode(), **exact)
        written = git(folder, "write-tree", **exact)
        _refuse_unfiltered(folder, written, exact)
        return written


def _refuse_unfiltered(folder: Path, written: str, exact: dict[str, str]) -> None:
    """Raise UserError where a tree has other bytes than HEAD of a file whose filter git has not been told."""
    head = git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{tree}") if has_commit(folder) else ""
    listing = ("diff-tree", "-r", "--diff-filter=d", head) if head else ("ls-tree", "-r")
    names = "\0".join(git_paths(folder, listing[0], "--name-only", *listing[1:], written))
    top = Path(exact["GIT_WORK_TREE"])
    said = output_bytes(top, "git", "check-attr", "--stdin", "-z", "filter", stdin=names.encode(), **exact)
    parts = said.decode(errors="replace").split("\0")
    told = output(top, "git", "config", "--list", "-z", "--name-only", **exact).split("\0")
    for name, driver in zip(parts[::3], parts[2::3], strict=False):
        if driver not in NO_FILTER and not any(key.startswith(f"filter.{driver}.") for key in told):
            raise UserError(
                f"{name} has filter={driver} by git's attributes, and git is not told what that does: what it hides "
                f"would be pushed as it is. `git config {shlex.quote(f'filter.{driver}.clean')} COMMAND` tells it"
            )


def has_commit(folder: Path) -> bool:
    """Whether the branch that is checked out has one."""
    try:
        return bool(git(folder, "rev-parse", "--verify", "--quiet", "HEAD"))
    except UserError:
        return False


def take(top: Path, commit: str, paths: Sequence[str]) -> None:
    """Replace files and folders, named as seen from the top, by those of a commit; the index stays as it is."""
    for path in paths:
        if (top / path).is_dir() and not (top / path).is_symlink():
            shutil.rmtree(top / path)
        else:
            (top / path).unlink(missing_ok=True)
    content = git(top, "rev-parse", f"{commit}^{{tree}}")
    files = git_paths(top, "ls-tree", "-r", "--name-only", content, "--", *paths) if paths else []
    if files:
        with _without_conversion(top) as exact:
            git(top, "read-tree", content, **exact)
            names = "\0".join(files)
            output_bytes(top, "git", "checkout-index", "--force", "--stdin", "-z", stdin=names.encode(), **exact)


def checkout(top: Path, commit: str) -> None:
    """Bring a clone to a commit, whatever has changed in it."""
    git(top, *QUIETLY, "checkout", "--quiet", "--force", "--detach", commit)
    index = os.path.abspath(top / git(top, "rev-parse", "--git-path", INDEX))
    with _without_conversion(top) as exact:
        git(top, "read-tree", "--reset", "-u", commit, **exact | {"GIT_INDEX_FILE": index})


def changed(top: Path) -> list[str]:
    """Return the files of a clone, as `checkout` has left it, that have been changed or staged since."""
    asked = ("diff", "--name-only", "-z", "--ignore-submodules=all")  # a submodule is brought to its commit anyway
    index = os.path.abspath(top / git(top, "rev-parse", "--git-path", INDEX))
    head = git(top, "rev-parse", "HEAD")
    staged = output(top, "git", *asked, "--cached", "--ita-visible-in-index", head).split("\0")
    converted = output(top, "git", *asked, head).split("\0")
    with _without_conversion(top) as exact:
        written = output(top, "git", *asked, head, **exact | {"GIT_INDEX_FILE": index}).split("\0")
    return sorted({*staged, *set(written).intersection(converted)} - {""})  # what git alone has converted is no change

"""Files through git with the bytes that they have: DVC's hashes are of those, git makes others of line ends."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.subprocesses import git, git_paths, output_bytes

# What stands in .gitattributes, core.autocrlf or core.eol is not asked; a filter is: git-crypt's hides what is secret.
ATTRIBUTES = "* -text -ident !working-tree-encoding\n"
CONFIG = """[include]
    path = {config}
[core]
    repositoryformatversion = 0
    bare = false
    autocrlf = false
    eol = lf
"""
INDEX = "acclimate-index"  # of a clone that is brought to one commit after the other: which files have not changed


@contextmanager
def _without_conversion(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the variables of git commands that read and write files as they are."""
    top, common, objects = (
        os.path.abspath(folder / git(folder, "rev-parse", *asked))
        for asked in (("--show-toplevel",), ("--git-common-dir",), ("--git-path", "objects"))
    )
    with TemporaryDirectory() as place:
        own = Path(place, "git")
        git(folder, "init", "--quiet", "--bare", "--template=", str(own))
        (own / "config").write_text(CONFIG.format(config=Path(common, "config")), encoding="utf-8")
        (own / "info").mkdir()
        (own / "info/attributes").write_text(ATTRIBUTES, encoding="utf-8")
        yield {
            "GIT_DIR": str(own),
            "GIT_WORK_TREE": top,
            "GIT_OBJECT_DIRECTORY": objects,
            "GIT_INDEX_FILE": str(own / "index"),
        }


def tree(folder: Path, unknown: Sequence[str]) -> str:
    """Return a tree of the workspace: of the files that git knows, and of those named, seen from the folder."""
    index_now = Path(folder, git(folder, "rev-parse", "--git-path", "index"))
    with _without_conversion(folder) as exact:
        if index_now.is_file():
            shutil.copy2(index_now, exact["GIT_INDEX_FILE"])
        git(folder, "add", "--update", "--", ":/", **exact)
        git(folder, "add", "--renormalize", "--", ":/", **exact)  # those whose bytes git has changed
        if unknown:
            names = "\0".join(f":(literal){name}" for name in unknown)
            from_stdin = ("--pathspec-from-file=-", "--pathspec-file-nul")
            output_bytes(folder, "git", "add", "--force", *from_stdin, stdin=names.encode(), **exact)
        return git(folder, "write-tree", **exact)


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
    git(top, "-c", "core.hooksPath=/dev/null", "checkout", "--quiet", "--force", "--detach", commit)
    index = os.path.abspath(top / git(top, "rev-parse", "--git-path", INDEX))
    with _without_conversion(top) as exact:
        git(top, "read-tree", "--reset", "-u", commit, **exact | {"GIT_INDEX_FILE": index})

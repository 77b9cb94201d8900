"""A user's mistake: what is wrong and what to type next, never a traceback."""

import errno
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from core.base.paths import PRETRAINED_MODELS
from core.base.stage_times import measured


class UserError(Exception):
    """Problems that the user can mend, each saying what, where, which value, and what to do."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def damaged(path: Path, reason: str) -> UserError:
    """Return the error of a file or a model folder that cannot be read, for the first line of the reason."""
    way_out = "delete it and run `dvc repro`" if is_written_here(path) else "fetch it again"
    return UserError(f"{path} is damaged ({reason.strip().splitlines()[0]}): {way_out}")


def is_written_here(path: Path) -> bool:
    """Whether a stage writes a file or folder: what was brought here, such as a model, `dvc repro` cannot renew."""
    return not path.is_absolute() and not path.is_relative_to(PRETRAINED_MODELS)


def run(stage: Callable[..., None], *arguments: str) -> None:
    """Run a stage's main(); end the process with 1 and every problem on stderr where the user can mend them."""
    module = getattr(sys.modules["__main__"].__spec__, "name", stage.__module__)
    name = module.removesuffix(".__main__")  # as it was typed
    if arguments and not inspect.signature(stage).parameters:
        _stop(name, [f"`{' '.join(arguments)}` is too much: it takes no arguments, its parameters are in params.yaml"])
    try:
        if recorded_as := os.environ.get("DVC_STAGE"):  # of whoever DVC runs, and records
            from core.base import packages  # it raises the errors of this module

            packages.hold(recorded_as)
        with measured(module, arguments):
            stage(*arguments)
    except UserError as error:
        _stop(name, error.problems)
    except KeyboardInterrupt:
        sys.exit(130)  # as shells say it: 128 and the signal's number
    except Exception as error:
        if _disk_is_full(error):
            _stop(name, [f"the disk is full ({error}): free some space, then run the same command again"])
        if _is_forbidden(error):
            place = _there(Path(getattr(error, "filename", None) or Path.cwd()))
            _stop(
                name,
                [
                    f"{place} may not be read or written ({error.args[-1]}): `ls -ld '{place}'` says whose it is; make "
                    f"it yours, or work in a copy: `cp -R '{Path.cwd()}' COPY`"
                ],
            )
        raise


def _there(path: Path) -> Path:
    """Return a path, or of one that could not be made the folder in which it could not."""
    return next((place for place in (path, *path.parents) if place.exists()), path)


def _is_forbidden(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)


def _disk_is_full(error: Exception) -> bool:
    # safetensors and torch raise errors of their own, which keep only the system's words.
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)


def _stop(name: str, problems: Sequence[str]) -> None:
    count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
    lines = [f"{name} stopped: {count}", *(f"  - {problem}" for problem in problems)]
    print("\n".join(lines), file=sys.stderr)
    sys.exit(1)

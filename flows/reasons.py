"""Why a stage has to run, in words, from what `dvc status --json` says of it."""

from collections.abc import Iterator
from typing import Any

from flows.dvc_project import Changes

SHOWN = 6


def why(changes: Changes) -> str:
    """Return the reasons as one line: parameters by their name, files by their path."""
    reasons = [reason for change in changes for reason in _reasons(change)]
    more = [f"and {len(reasons) - SHOWN} more"] if len(reasons) > SHOWN else []
    return ", ".join(reasons[:SHOWN] + more)


def _reasons(change: Any) -> Iterator[str]:
    if isinstance(change, str):  # "changed command", "always changed", "changed checksum"
        yield "always runs" if change == "always changed" else " ".join(reversed(change.split(" ")))
        return
    for kind, entries in change.items():
        for name, how in entries.items():
            if isinstance(how, dict):  # a file of parameters
                yield from (f"{parameter} {_past(state)}" for parameter, state in how.items())
            elif kind == "changed outs" and how in ("deleted", "not in cache"):
                yield f"output missing: {name}"
            else:
                yield f"{name} {_past(how)}"


def _past(how: str) -> str:
    return {"modified": "changed", "deleted": "missing", "new": "is new"}.get(how, how)

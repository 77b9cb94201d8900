"""packages.yaml: the versions of the packages that compute; dvc.yaml names for each stage those that compute in it.

DVC records them beside the outputs, as it does with parameters, so that a stage of which one has another version is no
longer up to date. The names in the file are a declaration; the versions are written here.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from core.base import paths
from core.base.errors import UserError
from core.base.files import replacing

LINE = re.compile(r"""(?P<name>[A-Za-z0-9][\w.-]*):\s*["']?(?P<version>[^"'#\s]*)["']?(?P<comment>\s+#.*)?\s*""")
NONE = "none"  # the version of what is not installed
OVERRIDE = "SAME_ENVIRONMENT"  # a variable: while it is `false`, nothing looks at the file


def recorded(path: Path = paths.PACKAGES) -> dict[str, str]:
    """Return the versions that the file has, by the packages' names; none where there is no file."""
    return {match["name"]: match["version"] or NONE for line in _lines(path) if (match := LINE.fullmatch(line))}


def of_stage(name: str, folder: Path = Path()) -> dict[str, str]:
    """Return the versions that the file has of the packages that compute in a stage, which DVC calls by this name.

    All, where no dvc.yaml knows it: DVC names a stage as it is seen from where it was started.
    """
    file, _, short = name.rpartition(":")
    known, stage = (
        recorded(folder / paths.PACKAGES),
        _stages(folder / (file or "dvc.yaml")).get(short.partition("@")[0]),
    )
    if stage is None:
        return known
    params = [line for line in stage.get("do", stage).get("params", []) if isinstance(line, dict)]
    named = [package for line in params for package in line.get(str(paths.PACKAGES), []) or known]
    return {package: known.get(package, NONE) for package in named}


def refresh(path: Path = paths.PACKAGES) -> list[str]:
    """Write the versions that are installed into the file; return in words what that changed."""
    if _is_overridden():
        return []
    lines = _lines(path)
    new = [_refreshed(line) for line in lines]
    if new == lines:
        return []
    before = recorded(path)
    with replacing(path) as partial:
        partial.write_text("\n".join(new) + "\n", encoding="utf-8")
    return other_versions(before)


def hold(stage: str) -> None:
    """Raise UserError, with the ways out, where others are installed than DVC is about to record of a stage."""
    if not other_versions(of_stage(stage)):
        return
    before = recorded()  # whatever else differs would stop a later stage
    others = other_versions(before)
    to_install = [f"{name}=={known}" for name, known in before.items() if known not in (NONE, installed(name))]
    back = f", `pip install {' '.join(to_install)}` goes back" if to_install else ""
    raise UserError(
        f"{', '.join(others)}: {paths.PACKAGES} has the first, which dvc.lock would record, and the second is "
        f"installed: `python -m tasks.packages` writes what is installed, for `dvc repro` to run what that concerns"
        f"{back}, `{OVERRIDE}=false dvc repro` runs as it is. The outputs that DVC has removed for this run come back "
        f"by `dvc checkout`, those that git keeps by `git checkout`"
    )


def installed(name: str) -> str:
    """Return the version of a package here, whatever device it was built for: 2.13.0 of 2.13.0+cpu."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return NONE


def other_versions(before: dict[str, str]) -> list[str]:
    """Return in words which packages are installed in another version than this, unless nobody wants to know."""
    if _is_overridden():
        return []
    return [f"{name} {known} -> {here}" for name, known in before.items() if (here := installed(name)) != known]


@contextmanager
def overridden() -> Iterator[None]:
    """Have neither this process nor what it starts look at the file."""
    before = os.environ.get(OVERRIDE)
    os.environ[OVERRIDE] = "false"
    try:
        yield
    finally:
        del os.environ[OVERRIDE]
        if before is not None:
            os.environ[OVERRIDE] = before


def _is_overridden() -> bool:
    said = os.environ.get(OVERRIDE, "")
    if said.lower() not in ("", "true", "false"):
        raise UserError(f"{OVERRIDE}={said}: it is true or false")
    return said.lower() == "false"


def _stages(file: Path) -> dict[str, Any]:
    content = YAML(typ="safe").load(file.read_text(encoding="utf-8")) if file.is_file() else None
    return (content or {}).get("stages") or {}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8, at byte {error.start}: `git checkout -- {path}`, if git has it"
        ) from None


def _refreshed(line: str) -> str:
    match = LINE.fullmatch(line)
    # In quotation marks: YAML would read the version 2.10 as the number 2.1.
    return f'{match["name"]}: "{installed(match["name"])}"{match["comment"] or ""}' if match else line

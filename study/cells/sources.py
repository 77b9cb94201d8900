"""The files of the project that a module's code is made of: its own, and those that it imports, and so on."""

import ast
import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def sources(module: str) -> dict[str, str]:
    """Return the SHA-256 of each file that a module of this project reaches by imports, by the file's path."""
    files: set[Path] = set()
    waiting = _files(module)
    while waiting:
        file = waiting.pop()
        if file not in files:
            files.add(file)
            waiting += [path for name in imported(file) for path in _files(name)]
    return {path.relative_to(ROOT).as_posix(): _sha256(path) for path in sorted(files)}


@cache
def imported(file: Path) -> set[str]:
    """Return the full names that a file imports, at its top or within a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            beside = file.relative_to(ROOT).parts[: -node.level] if node.level else ()
            module = ".".join([*beside, *([node.module] if node.module else [])])
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return names


def _files(name: str) -> list[Path]:
    """Return the project's files that an import of this name runs: the module, and its packages' `__init__`."""
    place = ROOT.joinpath(*name.split("."))
    packages = [parent / "__init__.py" for parent in (place, *place.parents) if parent.is_relative_to(ROOT)]
    return [path for path in (place.with_suffix(".py"), *packages) if path.is_file()]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

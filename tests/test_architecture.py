"""docs/architecture.md draws what is there: the stages of dvc.yaml, the imports of the packages, one row's way."""

import ast
import json
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from datasets import load_from_disk

from study.cells.sources import imported

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
FOLDERS = ("core", "tasks", "study", "flows")
Arrows = set[tuple[str, str]]


def drawn(number: int) -> Arrows:
    block = re.findall(r"```mermaid\n(.*?)```", DOCUMENT, re.DOTALL)[number]
    return set(re.findall(r"^  (\S+) --> (\S+)$", block, re.MULTILINE))


def direct(arrows: Arrows) -> Arrows:
    """Return the arrows without those beside which a longer path leads to the same place."""
    return {(start, end) for start, end in arrows if end not in reached(start, arrows - {(start, end)})}


def reached(start: str, arrows: Arrows) -> set[str]:
    next_ones = {end for first, end in arrows if first == start}
    return next_ones.union(*(reached(each, arrows) for each in next_ones))


def overlap(output: str, dependency: str) -> bool:
    return f"{output}/".startswith(f"{dependency}/") or f"{dependency}/".startswith(f"{output}/")


def outputs(stage: str) -> list[str]:
    """Return the paths that a stage writes, up to where its seed is named."""
    listed = [entry for kind in ("outs", "metrics", "plots") for entry in STAGES[stage].get(kind, [])]
    paths = [entry if isinstance(entry, str) else next(iter(entry)) for entry in listed]
    return [path.split("/${")[0] for path in paths]


def test_the_drawing_of_the_stages_is_that_of_dvc_yaml():
    arrows = {
        (writer, reader)
        for writer in STAGES
        for reader in STAGES
        if writer != reader
        and any(overlap(output, dep) for output in outputs(writer) for dep in STAGES[reader]["deps"])
    }
    assert drawn(0) == direct(arrows)


def package(module: str) -> str:
    """Return the node that a module belongs to: of core its package, else its top folder."""
    return "/".join(module.split(".")[: 2 if module.startswith("core.") else 1])


def test_the_drawing_of_the_packages_is_that_of_the_imports():
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    arrows = {
        (package(".".join(file.relative_to(ROOT).parts)), package(name))
        for file in files
        for name in imported(file)
        if name.startswith(("core.", "tasks", "study", "flows"))
        and (file, name.split(".")[:2]) != (ROOT / "tasks/params.py", ["study", "params"])  # it is of all sections
    }
    within = {(start, end) for start, end in arrows if start == end}
    assert drawn(1) == direct(arrows - within)
    assert tuple(TopologicalSorter({start: [end] for start, end in drawn(1)}).static_order())


def test_the_map_of_the_folders_names_every_package():
    (tree,) = re.findall(r"```text\n(.*?)```", DOCUMENT, re.DOTALL)
    named, above = set(), []
    for indent, name in re.findall(r"^( *)(\S+)/ ", tree, re.MULTILINE):
        above = [*above[: len(indent) // 2], name]
        named.add("/".join(above))
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    packages = {file.parent.relative_to(ROOT).as_posix() for file in files} | {"core"}
    assert {name for name in named if name.startswith(FOLDERS)} == packages


FUNCTIONS = re.findall(r"`(\S+\.py)`: `(\w+)`", DOCUMENT)
WAY = re.findall(r"^\|.*?\| `(\S+\.py)`: `(\w+)` \| (?:`(\S+)`)? ?\| (.*) \|$", DOCUMENT, re.MULTILINE)


@pytest.mark.parametrize(("file", "function"), FUNCTIONS)
def test_each_function_is_where_the_document_says(file, function):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def columns(path: Path) -> set[str]:
    """Return the names that a file of the project gives to what it holds."""
    match path.suffix:
        case ".parquet":
            return set(pq.read_schema(path).names)
        case ".json":
            return keys(json.loads(path.read_text(encoding="utf-8")))
    return set(load_from_disk(str(path)).column_names)


def keys(values: dict) -> set[str]:
    inner = {f"{name}.{key}" for name, value in values.items() if isinstance(value, dict) for key in keys(value)}
    return set(values) | inner


def test_each_file_on_the_way_of_a_row_has_the_columns_that_the_document_names(finished):
    assert len(WAY) > 10
    for _, _, file, said in WAY:
        if file and not file.endswith(".md"):
            assert set(re.findall(r"`([\w.]+)`", said)) <= columns(finished.folder / file), file

"""Each path of the project is written in core/base/paths.py and, for DVC, in dvc.yaml: nowhere else.

What the study leaves for the report has its own place, for a change of paths.py runs every stage again.
"""

import ast
import re
from pathlib import Path

import pytest
import yaml

from core.base import paths
from core.scores import learning_curve

ROOT = Path(__file__).parents[3]
NAMED = {value.as_posix() for of in (paths, learning_curve) for value in vars(of).values() if isinstance(value, Path)}
FOLDERS_OF_NAMED = {parent.as_posix() for path in NAMED for parent in Path(path).parents}
DATA = ("data/", "reports/", "models/", "params/")
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
# What the code of a stage names for people to read, or for a command of its package that is no stage, such as --verify;
# or where it ends the run, as `validation` does, whose refusal takes the place of the report of other data.
SAID = {
    "validation": {"reports/report.md"},
    "evaluation": {"reports/report.md"},
    "report": {"data/quarantine.parquet", "data/raw", "data/raw.dvc", "models/seeds", "models/pretrained"},
}


def files_of(stage: str) -> list[str]:
    """Return what a stage reads and writes, but for code."""
    entries = [entry for kind in ("deps", "outs", "metrics", "plots") for entry in STAGES[stage].get(kind, [])]
    names = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]
    return [name.replace("${item.seed}", "11") for name in names if name.startswith(DATA)]


@pytest.mark.parametrize("stage", STAGES)
def test_what_dvc_yaml_says_that_a_stage_reads_and_writes_has_its_name_here(stage):
    made = {paths.seed_model(11), paths.epochs(11), *map(paths.validated, ("train", "validation", "test"))}
    known = NAMED | FOLDERS_OF_NAMED | {path.as_posix() for path in made}
    assert files_of(stage)
    assert [name for name in files_of(stage) if name not in known] == []


def named_by(stage: str) -> set[str]:
    """Return the paths of data that the code of a stage's own package takes from here."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in (ROOT / "tasks" / stage).rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    values = [getattr(paths, node.attr) for node in nodes if ast.unparse(node.value) == "paths"]
    return {(value if isinstance(value, Path) else value("any").parent).as_posix() for value in values}


@pytest.mark.parametrize("stage", STAGES)
def test_what_the_code_of_a_stage_names_is_declared_in_dvc_yaml(stage):
    declared = [f"{name}/" for name in files_of(stage)]
    names = {name for name in named_by(stage) if name.startswith(DATA)} - SAID.get(stage, set())
    parts = {file: [f"{file}/".startswith(name) or name.startswith(f"{file}/") for name in declared] for file in names}
    assert [file for file, within in parts.items() if not any(within)] == []


def test_no_other_module_makes_a_path_of_the_project_from_words():
    written = re.compile(rf"Path\(\"\w|[\"']({'|'.join(map(re.escape, sorted(NAMED)))})[\"']")
    modules = [path for folder in ("core", "tasks") for path in sorted((ROOT / folder).rglob("*.py"))]
    others = [path for path in modules if path != ROOT / "core/base/paths.py"]
    found = {path.relative_to(ROOT).as_posix() for path in others if written.search(path.read_text(encoding="utf-8"))}
    found.remove("core/scores/learning_curve.py")
    assert found == {"tasks/evaluation/usage.py", "tasks/export/card.py"}  # code that cards show to their users

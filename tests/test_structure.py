"""The house rules that a machine can hold: which way imports point, and that dvc.yaml declares what stages use."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from core import params

ROOT = Path(__file__).parents[1]
STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
SECTIONS = tuple(params.Params.model_fields)  # params.yaml may be a user's by now


def imported(file: Path) -> set[str]:
    """Return the full names that a file imports, at its top or within a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def reached(file: Path) -> set[str]:
    """Return the project's files that a file imports, directly or through others, and itself."""
    found, waiting = set(), [file]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        places = [ROOT.joinpath(*name.split(".")) for name in imported(current)]
        packages = [current.parent / "__init__.py", *(place / "__init__.py" for place in places)]
        waiting += [each for each in [place.with_suffix(".py") for place in places] + packages if each.is_file()]
    return {each.relative_to(ROOT).as_posix() for each in found}


def roots(folder: str) -> dict[str, set[str]]:
    files = sorted((ROOT / folder).rglob("*.py"))
    return {file.relative_to(ROOT).as_posix(): {name.split(".")[0] for name in imported(file)} for file in files}


def parameters(stage: str) -> list[str]:
    return [str(key) for key in STAGES[stage].get("params", [])]


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_declares_every_file_of_the_project_that_it_reaches(stage):
    declared = {dep for dep in STAGES[stage]["deps"] if dep.endswith(".py")}
    assert declared == reached(ROOT / "tasks" / f"{stage}.py")


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_declares_the_params_sections_that_it_uses(stage):
    tree = ast.parse((ROOT / "tasks" / f"{stage}.py").read_text(encoding="utf-8"))
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    used = {
        node.attr
        for node in attributes
        if node.attr in SECTIONS and (isinstance(node.value, ast.Call) or getattr(node.value, "id", "") == "chosen")
    }
    assert used
    assert used <= {key.split(".")[0] for key in parameters(stage)}


def test_fine_tuning_declares_every_knob_of_its_section_but_the_seeds_which_its_matrix_reads():
    declared = {key.split(".")[1] for key in parameters("finetuning") if "." in key}
    assert declared == set(params.Finetuning.model_fields) - {"seeds"}


@pytest.mark.parametrize("stage", STAGES)
def test_one_word_names_a_stage_its_file_its_test_and_its_section(stage):
    assert (ROOT / "tasks" / f"{stage}.py").is_file()
    assert (ROOT / "tests" / "tasks" / f"test_{stage}.py").is_file()
    assert stage in SECTIONS
    assert STAGES[stage]["cmd"].startswith(f"python -m tasks.{stage}")


def test_the_sections_of_params_follow_the_order_of_the_stages():
    assert [section for section in SECTIONS if section != "model"] == list(STAGES)


def test_core_imports_neither_tasks_nor_flows_nor_the_tools_that_run_stages():
    for file, names in roots("core").items():
        assert not names & {"tasks", "flows", "prefect", "dvc"}, file


def test_no_stage_imports_another_nor_a_flow_nor_the_tools_that_run_it():
    for file, names in roots("tasks").items():
        assert not names & {"tasks", "flows", "prefect", "dvc"}, file


def test_flows_import_no_stage_and_nothing_that_is_slow_to_load():
    for file, names in roots("flows").items():
        assert not names & {"tasks", "torch", "transformers", "datasets"}, file


def test_stages_that_compute_without_torch_do_not_load_it():
    named = ", ".join(f"tasks.{stage}" for stage in ("validation", "augmentation", "tokenization", "report"))
    code = f"import sys; import {named}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)

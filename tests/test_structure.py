"""The house rules that a machine can hold: which way imports point, and that dvc.yaml declares what stages use."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from study.cells.sources import imported, sources
from tasks.params import Params

ROOT = Path(__file__).parents[1]
STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
STUDY: dict[str, Any] = yaml.safe_load((ROOT / "study/dvc.yaml").read_text(encoding="utf-8"))["stages"]
SECTIONS = tuple(name for name in Params.model_fields if name != "study")  # params.yaml may be a user's by now
SECTION_OF_CLASS = {field.annotation.__name__: name for name, field in Params.model_fields.items()}
SECTION_OF_CLASS["Primary"] = "evaluation"  # those of its keys that every stage chooses by
# Each may use those to its right, and core/base; core/encoders/packed is a part of core/encoders.
ALLOWED = {
    "reporting": {"scores", "decision", "data"},
    "scores": {"decision", "data"},
    "decision": set(),
    "data": set(),
    "encoders": set(),
    "base": set(),
}


FOLDERS = ("core", "tasks", "study", "flows")
# Where code is imported by its name at run time, which no test of imports sees, and why.
BY_NAME = {
    "core/base/params.py": "the whole of params.yaml, which is no reason to run a stage again",
    "tasks/augmentation/params.py": "the names of the operators, which are no reason to write the report again",
    "study/techniques/technique.py": "a technique, by the name that params.yaml gives",
}
COMMANDS = {  # packages of tasks/ that are no stages
    "predict": "does again what stages do, on new texts",
    "privacy": "looks through what validation would read",
    "data": "tells before what validation would refuse",
    "export": "its card reads a text as the published model's card does",
}
# What needs no test file of its own, and why.
UNTESTED = {
    "core/data/published.py": "tests/tasks/predict/test_predict.py has a model answer by it",
    "core/data/splits.py": "names alone",
    "core/data/similarity.py": "names alone",
    "core/decision/asked.py": "names alone",
    "core/scores/evidence.py": "tests/core/scores/test_measuring.py measures it",
    "tasks/report/document.py": "all that tasks/report/__main__.py writes, and therefore test_report.py reads",
    "tasks/report/outputs.py": "what test_report.py has the report made from, and the tests of its sections",
    "tasks/report/summary.py": "tests/test_pipeline.py prints it of a whole run",
    "core/encoders/params.py": "a section's model: tests/tasks/test_params.py reads all of params.yaml",
    "study/paths.py": "names alone",
    "tasks/privacy/findings.py": "what tests/tasks/privacy/test_privacy.py has written and read again",
    "tasks/validation/languages.py": "a table: tests/tasks/validation/test_encodings.py reads sentences by it",
    **{
        f"tasks/{stage}/params.py": "a section's model: tests/tasks/test_params.py reads all of params.yaml"
        for stage in STAGES
        if not (ROOT / f"tests/tasks/{stage}/test_params.py").is_file()
    },
}
# Tests of what several modules do together.
STORIES = {
    "tests/core/encoders/packed/test_kernels.py": "a step of packed training, kernel by kernel",
    "tests/flows/test_containers.py": "containers/, as Prefect's server and workers take it",
    "tests/flows/test_experiment.py": "the flow on this project's own dvc.yaml",
    "tests/flows/test_ui_port.py": "flows/ui.py where there is no browser",
    "tests/tasks/data/test_make.py": "what is typed behind `make data`, through make and the shell",
    "tests/tasks/data/test_replaced.py": "what was in data/raw before",
    "tests/tasks/finetuning/test_finetuning_on_cuda.py": "a seed on a card that is none",
    "tests/tasks/finetuning/test_finetuning_together.py": "a seed by several processes, and with little memory",
    "tests/tasks/tokenization/test_long_texts.py": "texts longer than a model reads",
    "tests/tasks/tokenization/test_pairs.py": "sentence pairs through every stage",
    "tests/tasks/validation/test_dirty_files.py": "one table in the writings of many tools, through the stage",
    "tests/tasks/validation/test_mutated_files.py": "damaged files of each format",
    "tests/tasks/validation/test_problems.py": "what stops the stage",
}


@cache
def of_stage(stage: str) -> set[str]:
    return set(sources(f"tasks.{stage}.__main__"))


def declared(stage: str, stages: dict[str, Any] = STAGES) -> list[str]:
    """Return the files and folders of code that dvc.yaml names for a stage."""
    return [dependency for dependency in stages[stage]["deps"] if dependency.startswith(FOLDERS)]


def is_within(file: str, place: str) -> bool:
    return file == place or file.startswith(f"{place}/")


def modules(folder: str) -> dict[str, set[str]]:
    """Return what each file of a folder imports of the project and of others: full names by the file's path."""
    return {path.relative_to(ROOT).as_posix(): imported(path) for path in sorted((ROOT / folder).rglob("*.py"))}


def roots(folder: str) -> dict[str, set[str]]:
    return {file: {name.split(".")[0] for name in names} for file, names in modules(folder).items()}


def parameters(stage: str) -> list[str]:
    return [key for key in STAGES[stage].get("params", []) if isinstance(key, str)]


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_declares_every_file_of_the_project_that_it_reaches(stage):
    assert [file for file in sorted(of_stage(stage)) if not any(is_within(file, d) for d in declared(stage))] == []


@pytest.mark.parametrize("stage", STUDY)
def test_each_stage_of_the_study_declares_every_file_of_the_project_that_it_reaches(stage):
    reached = sources(f"study.{stage}.__main__")
    assert [file for file in reached if not any(is_within(file, d) for d in declared(stage, STUDY))] == []


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_declares_code_that_it_does_not_reach(stage):
    assert [place for place in declared(stage) if not any(is_within(file, place) for file in of_stage(stage))] == []


def test_few_lines_of_dvc_yaml_name_code_and_they_name_packages():
    assert sum(len(declared(stage)) for stage in STAGES) <= 7.5 * len(STAGES)
    assert all((ROOT / place).is_dir() for stage in STAGES for place in declared(stage) if place.startswith("core"))


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_declares_the_params_sections_that_it_loads(stage):
    loaded = set()
    for file in of_stage(stage) & {path for path in modules("tasks") if path.startswith(f"tasks/{stage}/")}:
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "params.load":
                loaded.add(SECTION_OF_CLASS[ast.unparse(node.args[0])])
    assert loaded or stage == "report"  # which prints all of them
    sections = {key.split(".")[0] for key in parameters(stage)}
    assert loaded <= sections and (stage != "report" or sections == set(SECTIONS))


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "report"])
def test_a_knob_is_defined_where_the_stages_that_read_its_section_alone_depend_on_it(stage):
    sections = {key.split(".")[0] for key in parameters(stage)}
    definitions = {file for file in of_stage(stage) if file.endswith("/params.py") and file != "core/base/params.py"}
    assert {"model" if path.startswith("core") else path.split("/")[1] for path in definitions} <= sections | {"model"}
    assert "tasks/params.py" not in of_stage(stage)


@pytest.mark.parametrize(("stage", "others"), [("finetuning", {"seeds"}), ("evaluation", {"gates"})])
def test_a_stage_declares_every_knob_of_its_section_but_what_its_matrix_or_the_report_alone_reads(stage, others):
    knobs = {key.split(".")[1] for key in parameters(stage) if key.startswith(f"{stage}.")}
    assert knobs == set(Params.model_fields[stage].annotation.model_fields) - others


@pytest.mark.parametrize("stage", STAGES)
def test_one_word_names_a_stage_its_package_its_tests_its_section_and_the_section_s_class(stage):
    assert (ROOT / "tasks" / stage / "__main__.py").is_file()
    assert re.search(
        rf"class {stage.capitalize()}\((Section|Primary)\)",
        (ROOT / "tasks" / stage / "params.py").read_text(encoding="utf-8"),
    )
    assert (ROOT / "tests/tasks" / stage / f"test_{stage}.py").is_file()
    assert stage in SECTIONS
    assert STAGES[stage]["cmd"].startswith(f"python -m tasks.{stage}")


def mirrored(module: str) -> str:
    """Return the place of a module's own test file; a stage's `__main__` has the stage's name."""
    path = Path(module)
    name = path.parent.name if path.stem == "__main__" else path.stem
    return f"tests/{path.parent.as_posix()}/test_{name}.py"


def test_each_module_has_a_test_file_of_its_name_at_its_mirrored_place_and_no_other_stands_there():
    known = [name for folder in FOLDERS for name in modules(folder) if "__init__" not in name]
    files = {name for folder in FOLDERS for name in modules(f"tests/{folder}") if "test_" in name}
    of_modules = {mirrored(name) for name in known}
    assert {name for name in known if mirrored(name) not in files} == UNTESTED.keys()
    assert files - of_modules == STORIES.keys()


def test_the_sections_of_params_follow_the_order_of_the_stages():
    assert [section for section in SECTIONS if section != "model"] == list(STAGES)


def test_core_imports_neither_tasks_nor_flows_nor_the_tools_that_run_stages():
    for file, names in roots("core").items():
        assert not names & {"tasks", "flows", "prefect", "dvc"}, file


def test_no_other_code_is_imported_by_its_name_at_run_time():
    files = [file for folder in FOLDERS for file in modules(folder)]
    assert {file for file in files if "import_module" in (ROOT / file).read_text(encoding="utf-8")} == BY_NAME.keys()


def test_every_package_of_core_has_its_place_above_others():
    assert {file.split("/")[1] for file in modules("core")} == ALLOWED.keys()


@pytest.mark.parametrize("package", ALLOWED)
def test_packages_of_core_import_no_other_than_those_below_them(package):
    for file, names in modules(f"core/{package}").items():
        used = {name.split(".")[1] for name in names if name.startswith("core.")}
        assert used <= {package, "base"} | ALLOWED[package], file


def test_no_stage_imports_another_but_its_section_nor_a_flow_nor_the_tools_that_run_it():
    for file, names in modules("tasks").items():
        stage = file.split("/")[1]
        others = {name for name in names if name.startswith(tuple(f"tasks.{other}" for other in STAGES))}
        foreign = {name for name in others if name.split(".")[1] != stage and name.split(".")[2:3] != ["params"]}
        together = ("tasks/params.py", "tasks/recipe.py")
        assert foreign == set() or file in together or stage in COMMANDS, file
        assert not {name.split(".")[0] for name in names} & {"flows", "prefect", "dvc"}, file


def test_flows_import_no_stage_and_nothing_that_is_slow_to_load_and_of_core_its_base_alone():
    for file, names in modules("flows").items():
        assert not {name.split(".")[0] for name in names} & {"tasks", "torch", "transformers", "datasets"}, file
        assert all(name.split(".")[:2] in (["core"], ["core", "base"]) for name in names if name.startswith("core")), (
            file
        )


def loaded(modules: Iterable[str], packages: set[str]) -> str:
    """Return which of the packages a process has that imports these modules, one a line."""
    code = f"import sys; import {', '.join(modules)}; print(*sorted({packages} & sys.modules.keys()), sep='\\n')"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def test_stages_that_compute_without_torch_do_not_load_it():
    stages = (
        f"tasks.{stage}.__main__" for stage in ("validation", "augmentation", "tokenization", "leakage", "report")
    )
    assert loaded(stages, {"torch", "transformers"}).split() == []


def test_what_shows_results_or_parameters_loads_nothing_that_computes_but_numpy():
    shown = ("tasks.report.summary", "tasks.report.gate", "tasks.params", "tasks.packages")
    slow = {"datasets", "matplotlib", "pandas", "pyarrow", "scipy.stats", "sklearn", "statsmodels", "torch"}
    assert loaded(shown, slow).split() == []
